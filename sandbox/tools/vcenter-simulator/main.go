// The vCenter simulator of the sandbox: govmomi's vcsim as a library, with the
// inventory of a small site (inventory.go). It takes no login before its inventory
// is complete, and then prints {"url": ...} on a line of standard output.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"

	_ "github.com/vmware/govmomi/cns/simulator"
	_ "github.com/vmware/govmomi/eam/simulator"
	_ "github.com/vmware/govmomi/lookup/simulator"
	_ "github.com/vmware/govmomi/pbm/simulator"
	_ "github.com/vmware/govmomi/ssoadmin/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	_ "github.com/vmware/govmomi/vapi/appliance/simulator"
	_ "github.com/vmware/govmomi/vapi/cluster/simulator"
	_ "github.com/vmware/govmomi/vapi/crypto/simulator"
	_ "github.com/vmware/govmomi/vapi/namespace/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
	_ "github.com/vmware/govmomi/vapi/vm/simulator"
	_ "github.com/vmware/govmomi/vslm/simulator"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	certificate := flag.String("tls-cert-file", "", "PEM certificate chain")
	key := flag.String("tls-private-key-file", "", "PEM private key")
	username := flag.String("username", "administrator@vsphere.local", "who may log in")
	passwordFile := flag.String("password-file", "", "file whose first line is the password")
	directory := flag.String("directory", "", "folder for the datastores' files (default: the system's temporary folder)")
	faultsFile := flag.String("faults", "", "file that declares lost hosts and full datastores (default: none)")
	hosts := flag.Int("hosts", 4, "ESXi hosts of each cluster")
	parent := flag.Int("parent-pid", 0, "end when this process is no longer the parent (0: never)")
	flag.Parse()
	err := run(*listen, *certificate, *key, *username, *passwordFile, *directory, *faultsFile, *hosts, *parent)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vcenter-simulator:", err)
		os.Exit(1)
	}
}

func run(listen, certificate, key, username, passwordFile, directory, faultsFile string, hosts, parent int) error {
	text, err := os.ReadFile(passwordFile)
	if err != nil {
		return fmt.Errorf("--password-file: %w", err)
	}
	password, _, _ := strings.Cut(strings.TrimRight(string(text), "\r\n"), "\n")
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("--tls-cert-file, --tls-private-key-file: %w", err)
	}
	if directory != "" {
		if err := emptyDirectory(directory); err != nil {
			return fmt.Errorf("--directory: %w", err)
		}
	}

	// vcsim's own clients log in with the credentials of this URL.
	setup := url.UserPassword("setup", rand.Text())
	var ready atomic.Bool
	model := simulator.VPX()
	model.Datacenter, model.Cluster, model.Host, model.Machine, model.Portgroup, model.Datastore = 0, 0, 0, 0, 0, 0
	model.ServiceContent.About.Version, model.ServiceContent.About.ApiVersion = "9.1.0", "9.1.0.0"
	model.ServiceContent.About.FullName = "VMware vCenter Server 9.1.0 (simulator)"
	hardware()
	if err := model.Create(); err != nil {
		return err
	}
	defer model.Remove()
	model.Map().AddHandler(virtualMachines{types.ManagedObjectReference{Type: "Handler", Value: "virtual-machines"}})
	model.Service.RegisterEndpoints = true
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	model.Service.Listen = &url.URL{Host: listen, User: setup}
	server := model.Service.NewServer()
	defer server.Close()
	// Only now: the SSO simulator has put a check of its own there.
	administrator := login{username, password}
	model.Map().SessionManager().ValidLogin = func(request *types.Login) bool {
		own, _ := setup.Password()
		return ready.Load() && administrator.accepts(request) || login{setup.Username(), own}.accepts(request)
	}

	context, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := createInventory(context, model, server.URL, hosts); err != nil {
		return err
	}
	next := func(*simulator.Context, *simulator.Method) (mo.Reference, types.BaseMethodFault) { return nil, nil }
	if faultsFile != "" {
		next = (&faults{path: faultsFile, free: map[string]int64{}}).handle
	}
	model.Map().Handler = authenticated(next)
	server.Config.Handler = datastoreFiles(server.Config.Handler, model.Service.Context, administrator)
	ready.Store(true)
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"url": "https://" + server.URL.Host}); err != nil {
		return err
	}
	for parent == 0 || os.Getppid() == parent {
		select {
		case <-context.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
	return nil
}

// emptyDirectory makes directory the place of temporary files and removes what a killed run has left there.
func emptyDirectory(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(directory, "govcsim-*"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return os.Setenv("TMPDIR", directory)
}
