# Everything runs through ./run, which makes the environment first; each line works without make as well.
.PHONY: check test bench up down lock

check: # format, lint, types, layers
	./run --no-toolchain ruff format --check
	./run --no-toolchain ruff check
	./run --no-toolchain mypy
	./run --no-toolchain lint-imports

test:
	./run pytest

bench:
	./run pytest tests/benchmarks --override-ini=testpaths=tests/benchmarks -s

up:
	./run pacific up --yes

down:
	./run pacific down --yes

lock: # needs uv on PATH
	uv pip compile --universal --generate-hashes --all-extras --group dev --output-file requirements.lock pyproject.toml
