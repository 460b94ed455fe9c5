"""Pods with every field, and ways in to them, converge in a real control plane, and a second run changes nothing."""

from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import SHARED_SUPERVISOR, EstateProject

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]
NAMESPACE = "queues"
BASE = Path(__file__).parents[1] / "golden" / "queue-estate" / "queues.yaml"
ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: queues}
spec:
  kind: Deployment
  replicas: 2
  containers:
    - name: web
      image: sandbox/web:1
      environment: {NODE: {field: spec.nodeName}, LIMIT: {resource: limits.memory, divisor: 1Mi}}
      envFrom: [{configMap: settings, optional: true, prefix: S_}]
      resources: {requests: {cpu: 50m, memory: 32Mi, ephemeralStorage: 16Mi}, limits: {cpu: 100m, memory: 64Mi}}
      readinessProbe: {grpc: {port: 8080}}
      lifecycle: {preStop: {sleep: {seconds: 1}}}
      volumeMounts: [{name: pod, mountPath: /pod}, {name: both, mountPath: /both}]
  initContainers: [{name: proxy, image: "sandbox/web:1", restartPolicy: Always}]
  volumes:
    - {name: pod, downwardApi: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
    - {name: both, projected: {sources: [{configMap: {name: settings, optional: true}}]}}
  securityContext: {fsGroup: 2000}
  topologySpreadConstraints:
    - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway}
  tolerations: [{key: example.com/gpu, operator: Exists}]
  hostAliases: [{ip: 10.0.0.1, hostnames: [old.example.com]}]
  updateStrategy: {maxSurge: 1, maxUnavailable: 0}
  terminationGracePeriodSeconds: 2
  service: {type: LoadBalancer, ports: [{port: 80}], externalTrafficPolicy: Local, sessionAffinity: ClientIP}
  podTemplate:
    metadata: {annotations: {example.com/scrape: "true"}}
    spec:
      containers:
        - name: log
          image: sandbox/web:1
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
---
apiVersion: pacific.infra/v1alpha1
kind: Ingress
metadata: {name: front, namespace: queues}
spec:
  ingressClassName: contour
  routes: [{host: shop.example.com, to: CrxWorkload/web}]
  tls: [{secret: shop-tls}]
  wait: false
---
apiVersion: pacific.infra/v1alpha1
kind: HTTPRoute
metadata: {name: gate, namespace: queues}
spec:
  gateway: {className: contour}
  hosts: [shop.example.com]
  routes: [{to: CrxWorkload/web}]
  wait: false
"""


def test_they_converge_and_stay(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> None:
    del supervisor
    documents = tmp_path / "documents"
    documents.mkdir()
    # The Supervisor and its namespace.
    base = "---\n".join(BASE.read_text().split("---\n")[:2])
    (documents / "estate.yaml").write_text(f"{base}---\n{ESTATE}")
    project = EstateProject.on(sandbox, documents, tmp_path, SHARED_SUPERVISOR)
    project.pacific("up", "--yes")
    pods = project.kubectl("get", "pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=web")
    (first, second) = pods["items"]
    assert [container["name"] for container in first["spec"]["containers"]] == ["web", "log"]
    assert first["metadata"]["annotations"]["example.com/scrape"] == "true"
    assert {first["status"]["phase"], second["status"]["phase"]} == {"Running"}
    route = project.kubectl("get", "httproute", "gate", "-n", NAMESPACE)
    assert route["spec"]["rules"][0]["backendRefs"][0]["name"] == "web"
    assert project.is_unchanged()
    project.pacific("down", "--yes")
