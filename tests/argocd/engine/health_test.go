// Package engine asks Argo CD itself how healthy the workflows of ../cases are: its settings read what
// deploy/overlays/argocd makes, its lookup finds the check for the object, its Lua runs it.
package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
	"github.com/argoproj/gitops-engine/pkg/health"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const root = "../../.."

// What Argo CD knows of how healthy things are when argocd-cm is what the overlay makes and nothing else.
func overrides(t *testing.T) lua.ResourceHealthOverrides {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).
		Run(filesys.MakeFsOnDisk(), filepath.Join(root, "deploy/overlays/argocd"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := made.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	config := corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		t.Fatalf("the overlay makes no ConfigMap: %v", err)
	}
	config.Namespace = "argocd"
	// Only lists what has the label that Argo CD asks for.
	server := fake.NewClientset(&config)
	found, err := settings.NewSettingsManager(t.Context(), server, config.Namespace).GetResourceOverrides()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryCaseHasItsHealth(t *testing.T) {
	overrides := overrides(t)
	files, err := filepath.Glob("../cases/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Read as Argo CD reads objects: whole numbers are such.
			test := struct {
				Health health.HealthStatus
				Object unstructured.Unstructured
			}{}
			if err := json.Unmarshal(text, &test); err != nil {
				t.Fatal(err)
			}
			said, err := health.GetResourceHealth(&test.Object, overrides)
			if err != nil {
				t.Fatal(err)
			}
			if said == nil || *said != test.Health {
				t.Errorf("expected %+v, got %+v", test.Health, said)
			}
		})
	}
}

// It has no state, so it must not hold up a sync wave.
func TestATemplateHasNoHealth(t *testing.T) {
	template := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "bootstrap.openshift.io/v1alpha1",
		"kind":       "BootstrapWorkflowTemplate",
		"metadata":   map[string]any{"name": "full-setup", "namespace": "bootstrap"},
	}}
	if said, err := health.GetResourceHealth(template, overrides(t)); said != nil || err != nil {
		t.Errorf("expected none, got %+v, %v", said, err)
	}
}
