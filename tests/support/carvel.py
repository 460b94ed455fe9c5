"""What the makers of Supervisor Services publish."""


def carvel(version: str, service: str = "harbor.example.com") -> str:
    return f"""
apiVersion: data.packaging.carvel.dev/v1alpha1
kind: PackageMetadata
metadata: {{name: {service}}}
spec: {{displayName: Harbor, shortDescription: A registry}}
---
apiVersion: data.packaging.carvel.dev/v1alpha1
kind: Package
metadata: {{name: {service}.{version}}}
spec: {{refName: {service}, version: {version}}}
"""
