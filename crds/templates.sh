#!/usr/bin/env bash
# Prints the CRD of BootstrapWorkflowTemplate, made from that of BootstrapWorkflow: a template's spec is
# the definition of a workflow, so it is written down once.
#
#   crds/templates.sh > crds/bootstrap.openshift.io_bootstrapworkflowtemplates.yaml
#   crds/templates.sh --check          fails when the file is not what would be printed
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
workflows=$folder/bootstrap.openshift.io_bootstrapworkflows.yaml
templates=$folder/bootstrap.openshift.io_bootstrapworkflowtemplates.yaml

print_head() {
    cat <<'YAML'
# Made by templates.sh from the CRD of BootstrapWorkflow: edit that one.
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: bootstrapworkflowtemplates.bootstrap.openshift.io
  labels:
    app.kubernetes.io/part-of: bootstrap-operator
spec:
  group: bootstrap.openshift.io
  scope: Namespaced
  names:
    kind: BootstrapWorkflowTemplate
    listKind: BootstrapWorkflowTemplateList
    plural: bootstrapworkflowtemplates
    singular: bootstrapworkflowtemplate
    shortNames: [bwft]
    categories: [bootstrap]
  versions:
  - name: v1alpha1
    served: true
    storage: true
    additionalPrinterColumns:
    - name: Description
      type: string
      jsonPath: .spec.description
      description: What it is for.
    - name: Age
      type: date
      jsonPath: .metadata.creationTimestamp
    schema:
      openAPIV3Schema:
        type: object
        description: >-
          BootstrapWorkflowTemplate is the definition of workflows that are alike. Nothing runs until a
          BootstrapWorkflow names it in spec.templateRef and gives its parameters values.
        required: [spec]
        properties:
          apiVersion:
            type: string
            description: bootstrap.openshift.io/v1alpha1
          kind:
            type: string
            description: BootstrapWorkflowTemplate
          metadata:
            type: object
YAML
}

# spec of a workflow, without what is between the comments "workflow only" and "for both".
print_spec() {
    awk '
        /^          spec:$/   { inside = 1; print; next }
        /^          status:$/ { exit }
        !inside               { next }
        /^            type: object$/ && !begun {
            begun = 1
            print
            print "            description: >-"
            print "              What the workflows of this template do. A run takes it as it is when it begins."
            print "            required: [phases]"
            next
        }
        /^ *# workflow only$/ { skipped = 1; next }
        /^ *# for both$/      { skipped = 0; next }
        !skipped' "$workflows"
}

if [[ ${1:-} == --check ]]; then
    diff "$templates" <(print_head; print_spec) ||
        { echo "$templates is not what templates.sh makes of $workflows" >&2; exit 1; }
else
    print_head
    print_spec
fi
