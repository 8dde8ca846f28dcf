"""Checks manifests of Kubernetes against its schemas, which are part of a package, and prints what it found as JSON.

Reads {"files", "version"} as JSON. Kinds that Kubernetes does not know itself, such as those of KEDA, are listed.
"""

import json
import sys

import kubernetes_validate
import yaml


def main():
    ask = json.load(sys.stdin)
    found = {"valid": [], "wrong": [], "unknown": []}
    for file in ask["files"]:
        with open(file, encoding="utf-8") as documents:
            for document in yaml.safe_load_all(documents):
                name = f"{document['kind']}/{document['metadata']['name']}"
                try:
                    kubernetes_validate.validate(document, ask["version"], strict=True)
                    found["valid"].append(name)
                except kubernetes_validate.SchemaNotFoundError:
                    found["unknown"].append(name)
                except kubernetes_validate.ValidationError as error:
                    found["wrong"].append(f"{name}: {error.message}")
    json.dump(found, sys.stdout)


main()
