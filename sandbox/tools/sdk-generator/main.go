// Command pulumi-sdk-generator writes the SDK of a Pulumi package: the code generators of Pulumi's own repository,
// whose language hosts cannot be had as Go modules.
//
//	pulumi-sdk-generator LANGUAGE DIRECTORY LOADER < REQUEST
//
// LANGUAGE is python, nodejs or go; LOADER is the address of the engine's schema loader. REQUEST is the JSON form of
// pulumirpc.GeneratePackageRequest: schema, extraFiles, localDependencies, local.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

type request struct {
	Schema            string
	ExtraFiles        map[string][]byte
	LocalDependencies map[string]string
	Local             bool
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 3 {
		return errors.New("usage: pulumi-sdk-generator LANGUAGE DIRECTORY LOADER < REQUEST")
	}
	var given request
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(given.Schema), &spec); err != nil {
		return fmt.Errorf("the schema: %w", err)
	}
	client, err := schema.NewLoaderClient(arguments[2])
	if err != nil {
		return err
	}
	loader := schema.NewCachedLoader(client)
	options := schema.ValidationOptions{AllowDanglingReferences: true}
	bound, problems, err := schema.BindSpecWithContext(context.Background(), spec, loader, options)
	if err != nil {
		return err
	}
	if problems.HasErrors() {
		return problems
	}
	files, err := generate(arguments[0], bound, given, loader)
	if err != nil {
		return err
	}
	for name, content := range files {
		file := filepath.Join(arguments[1], name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func generate(
	language string, bound *schema.Package, given request, loader schema.ReferenceLoader,
) (map[string][]byte, error) {
	tool := "pulumi-language-" + language
	switch language {
	case "python":
		return python.GeneratePackage(tool, bound, given.ExtraFiles, loader)
	case "nodejs":
		return nodejs.GeneratePackage(tool, bound, given.ExtraFiles, given.LocalDependencies, given.Local, loader)
	case "go":
		return golang.GeneratePackage(tool, bound, given.LocalDependencies)
	}
	return nil, fmt.Errorf("%s: not a language; allowed: python, nodejs, go", language)
}
