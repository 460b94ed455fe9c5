# Everything runs through ./run, which makes the environment first; each line works without make as well.
.PHONY: check generated test bench site dist up down lock

check: # format, lint, types, layers
	./run --no-toolchain ruff format --check
	./run --no-toolchain ruff check
	./run --no-toolchain mypy
	./run --no-toolchain lint-imports

generated: # what is written from the models and the registry of kinds
	./run --no-toolchain python -m pacific_infra.documents.exports
	./run --no-toolchain python -m pacific_components.package.schema
	./run --no-toolchain python -m pacific_components.package.reference
	./run --no-toolchain python -m pacific_infra.documents.reference
	./run --no-toolchain pacific schema -o tests/golden/estate.schema.json
	./run --no-toolchain ruff format -q .

test:
	./run pytest

bench:
	./run python -m tests.benchmarks.apply_objects --count 500 2000 --peers --alone-above 500
	./run python -m tests.benchmarks.plan_estates --peers
	./run python -m tests.benchmarks.namespaces
	./run python -m tests.benchmarks.makespan
	./run python -m tests.benchmarks.tables

site: # the documentation, in site/
	./run --no-toolchain zensical build --strict

dist: # the archives of the three distributions, in dist/; the same for the same commit
	for folder in . sandbox mongodb; do \
	  (cd $$folder && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) "$(CURDIR)/run" --no-toolchain python -m hatchling build --directory "$(CURDIR)/dist") || exit 1; \
	done

up:
	./run pacific up --yes

down:
	./run pacific down --yes

lock: # needs uv on PATH
	uv pip compile pyproject.toml sandbox/pyproject.toml mongodb/pyproject.toml --extra view --extra tui --extra otel --extra postgres --extra s3 --extra dask --group dev --no-emit-package pacific-infra --no-emit-package pacific-sandbox --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
