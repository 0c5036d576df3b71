#!/usr/bin/env python3
"""Checks sweep.yaml against Kubernetes' own schemas, unknown fields included, and what no schema can say.

    pip install kubernetes-validate==1.37.0 && python3 validate.py [--kubernetes 1.31 ...]

kubernetes-validate brings the schemas along; a cluster is not needed. Exit code 1 when something is wrong.
"""

import argparse
import copy
import pathlib
import sys

import kubernetes_validate
import yaml


def faults(documents, version):
    """What the schema of a version says of the documents, one line each."""
    for document in documents:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as fault:
            yield f"Kubernetes {version}: {document.get('kind')}: {fault}"


def must_be_found(documents, version):
    """A check that cannot fail is none: each of these mistakes has to be called out."""

    def changed(change):
        job = copy.deepcopy(next(document for document in documents if document["kind"] == "Job"))
        change(job["spec"])
        return [job]

    mistakes = {
        "completions as text": lambda spec: spec.update(completions="sixteen"),
        "a misspelt field": lambda spec: spec.update(completionmode="Indexed"),
        "no template": lambda spec: spec.pop("template"),
        "a container without a name": lambda spec: spec["template"]["spec"]["containers"][0].pop("name"),
    }
    for name, change in mistakes.items():
        if not list(faults(changed(change), version)):
            yield f"Kubernetes {version}: {name} was not found"


def disagreements(documents):
    """What fits the schema and is still wrong."""
    spec = next(document for document in documents if document["kind"] == "Job")["spec"]
    container = spec["template"]["spec"]["containers"][0]
    if f"--shard=kubernetes/{spec['completions']}" not in container["args"]:
        yield f"completions is {spec['completions']}, and --shard says otherwise"
    if spec["completionMode"] != "Indexed":
        yield "completionMode: want Indexed, without which pods have no number"
    volumes = {volume["name"] for volume in spec["template"]["spec"]["volumes"]}
    for mount in container["volumeMounts"]:
        if mount["name"] not in volumes:
            yield f"volume {mount['name']} is mounted and not there"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubernetes", nargs="+", default=["1.31", "1.34", "1.37"], metavar="VERSION")
    arguments = parser.parse_args()
    documents = list(yaml.safe_load_all(pathlib.Path(__file__).with_name("sweep.yaml").read_text()))
    found = list(disagreements(documents))
    for version in arguments.kubernetes:
        found += [*faults(documents, version), *must_be_found(documents, version)]
    for line in found:
        print(line)
    if not found:
        print(f"sweep.yaml: {len(documents)} documents fit Kubernetes {', '.join(arguments.kubernetes)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
