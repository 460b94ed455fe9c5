// A Supervisor that is there already, a namespace on it, and vSphere Pods that get an output and a secret.
// First: pulumi package add ../../components (it writes sdks/pacific), then npm install.
import * as pacific from "@pulumi/pacific";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const gold = pacific.vcenter.getStoragePolicyOutput({ name: "gold" });

const shop = new pacific.SupervisorNamespace("shop", {
    name: "typescript-shop",
    supervisor: config.require("supervisor"),
    limits: { cpu: "20GHz", memory: "32Gi" },
    storagePolicies: [{ name: gold.id, limit: "100Gi" }],
});

const web = new pacific.CrxWorkload("web", {
    namespace: shop.name,
    kind: "Deployment",
    replicas: 2,
    containers: [
        {
            name: "web",
            image: "sandbox/web:1",
            ports: [{ name: "http", containerPort: 8080 }],
            environment: { NAMESPACE: shop.name },
            secretEnvironment: { GREETING: config.requireSecret("greeting") },
            readinessProbe: { httpGet: { path: "/", port: "http" } },
            resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "200m", memory: "128Mi" } },
        },
    ],
    service: { type: "LoadBalancer", ports: [{ port: 80, targetPort: "http" }] },
    allowIngress: true,
});

export const url: pulumi.Output<string> = web.url;
