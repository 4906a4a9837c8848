package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/gitops-engine/pkg/health"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/argo-cd/v3/util/settings"
)

// healthCommand prints the health of each object of a JSON list on stdin, one JSON object a line, as Argo CD would
// tell it with the ConfigMap argocd-cm of a file: the settings are read and the checks run by Argo CD's own code.
func healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:          "argocd-health CONFIGMAP_FILE",
		Args:         cobra.ExactArgs(1),
		SilenceUsage: true,
		RunE: func(command *cobra.Command, args []string) error {
			configMap, err := readConfigMap(args[0])
			if err != nil {
				return err
			}
			client := fake.NewClientset(configMap)
			manager := settings.NewSettingsManager(command.Context(), client, configMap.Namespace)
			overrides, err := manager.GetResourceOverrides()
			if err != nil {
				return fmt.Errorf("settings: %w", err)
			}
			return tellHealth(os.Stdin, os.Stdout, lua.ResourceHealthOverrides(overrides))
		},
	}
}

func readConfigMap(file string) (*corev1.ConfigMap, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	configMap := &corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict(content, configMap); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return configMap, nil
}

func tellHealth(in io.Reader, out io.Writer, overrides health.HealthOverride) error {
	var objects []map[string]any
	if err := json.NewDecoder(in).Decode(&objects); err != nil {
		return err
	}
	answers := json.NewEncoder(out)
	for _, object := range objects {
		status, err := health.GetResourceHealth(&unstructured.Unstructured{Object: object}, overrides)
		if err != nil {
			return err
		}
		if err := answers.Encode(status); err != nil {
			return err
		}
	}
	return nil
}
