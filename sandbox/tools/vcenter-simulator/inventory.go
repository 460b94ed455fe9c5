package main

import (
	"context"
	"fmt"
	"math/rand"
	"net/url"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/pbm"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vapi/library"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	cores    = 32
	coreMHz  = 2000
	memory   = 256 << 30
	capacity = 10 << 40
)

var (
	clusters   = []string{"cluster-01", "cluster-02"}
	datastores = []string{"datastore-01", "datastore-02"}
	portGroups = []string{"management", "workload-01", "workload-02"}
	policies   = []string{"gold", "silver"}
	images     = []string{"debian-12", "photon-5", "ubuntu-24.04", "sandbox-linux"}
)

// hardware makes the template of vcsim's hosts the hardware of the site's.
func hardware() {
	summary := esx.HostSystem.Summary.Hardware
	summary.CpuMhz, summary.NumCpuPkgs, summary.NumCpuCores, summary.NumCpuThreads = coreMHz, 2, cores, cores
	summary.MemorySize = memory
	esx.HostHardwareInfo.MemorySize = memory
	esx.HostHardwareInfo.CpuInfo = types.HostCpuInfo{
		NumCpuPackages: 2, NumCpuCores: cores, NumCpuThreads: cores, Hz: coreMHz * 1_000_000,
	}
	product := esx.HostSystem.Summary.Config.Product
	// The newest that vcsim has hardware versions for.
	product.Version, product.FullName = "8.0.2", "VMware ESXi 8.0.2 (simulator)"
}

// createInventory fills an empty vcsim. Every identifier in it is the same at every start: what a client or
// the sandbox has remembered still means the same thing after a restart.
// hosts: how many each cluster has.
func createInventory(ctx context.Context, model *simulator.Model, address *url.URL, hosts int) error {
	uuid.SetRand(rand.New(rand.NewSource(1)))
	defer uuid.SetRand(nil)
	client, err := govmomi.NewClient(ctx, address, true)
	if err != nil {
		return err
	}
	defer func() { _ = client.Logout(ctx) }()

	datacenter, err := object.NewRootFolder(client.Client).CreateDatacenter(ctx, "dc-01")
	if err != nil {
		return err
	}
	folders, err := datacenter.Folders(ctx)
	if err != nil {
		return err
	}
	created, err := wait(folders.NetworkFolder.CreateDVS(ctx, types.DVSCreateSpec{
		ConfigSpec: &types.VMwareDVSConfigSpec{DVSConfigSpec: types.DVSConfigSpec{Name: "dvs-01"}},
	}))(ctx)
	if err != nil {
		return err
	}
	dvs := object.NewDistributedVirtualSwitch(client.Client, created.Result.(types.ManagedObjectReference))
	for _, name := range portGroups {
		spec := types.DVPortgroupConfigSpec{
			Name: name, NumPorts: 256, Type: string(types.DistributedVirtualPortgroupPortgroupTypeEarlyBinding),
		}
		if _, err := wait(dvs.AddPortgroup(ctx, []types.DVPortgroupConfigSpec{spec}))(ctx); err != nil {
			return err
		}
	}
	for i := range clusters {
		if err := createCluster(ctx, model, client, folders, dvs, i, hosts); err != nil {
			return err
		}
	}
	for _, name := range policies {
		if err := createPolicy(ctx, client, name); err != nil {
			return err
		}
	}
	return createLibrary(ctx, model, client, address)
}

func createCluster(
	ctx context.Context, model *simulator.Model, client *govmomi.Client, folders *object.DatacenterFolders,
	dvs *object.DistributedVirtualSwitch, index, hosts int,
) error {
	cluster, err := folders.HostFolder.CreateCluster(ctx, clusters[index], types.ClusterConfigSpecEx{})
	if err != nil {
		return err
	}
	// vcsim overlooks the specification of a new cluster.
	enabled := true
	if _, err := wait(cluster.Reconfigure(ctx, &types.ClusterConfigSpecEx{
		DasConfig: &types.ClusterDasConfigInfo{Enabled: &enabled},
		DrsConfig: &types.ClusterDrsConfigInfo{
			Enabled: &enabled, DefaultVmBehavior: types.DrsBehaviorFullyAutomated,
		},
	}, true))(ctx); err != nil {
		return err
	}
	directory := filepath.Join(home(model), datastores[index])
	if err := os.Mkdir(directory, 0o700); err != nil {
		return err
	}
	for i := range hosts {
		number := index*hosts + i + 1
		created, err := wait(cluster.AddHost(ctx, types.HostConnectSpec{
			HostName: fmt.Sprintf("esx-%02d.sandbox.test", number),
		}, true, nil, nil))(ctx)
		if err != nil {
			return err
		}
		reference := created.Result.(types.ManagedObjectReference)
		host := model.Map().Get(reference).(*simulator.HostSystem)
		host.Config.Network.Vnic[0].Spec.Ip.IpAddress = fmt.Sprintf("192.168.%d.%d", 10+(10+number)/250, (10+number)%250)
		system, err := object.NewHostSystem(client.Client, reference).ConfigManager().DatastoreSystem(ctx)
		if err != nil {
			return err
		}
		if _, err := system.CreateLocalDatastore(ctx, datastores[index], directory); err != nil {
			return err
		}
		if _, err := wait(dvs.Reconfigure(ctx, &types.DVSConfigSpec{
			Host: []types.DistributedVirtualSwitchHostMemberConfigSpec{{
				Operation: string(types.ConfigSpecOperationAdd), Host: reference,
			}},
		}))(ctx); err != nil {
			return err
		}
	}
	resize(model, cluster, datastores[index], hosts)
	return nil
}

// resize corrects what vcsim counts in another way: a host's CPU as one core, a datastore as 1 TiB for each host.
func resize(
	model *simulator.Model, reference *object.ClusterComputeResource, datastore string, hosts int,
) {
	cluster := model.Map().Get(reference.Reference()).(*simulator.ClusterComputeResource)
	summary := cluster.Summary.GetComputeResourceSummary()
	cpu, mebibytes := int64(hosts)*cores*coreMHz, int64(hosts)*memory>>20
	summary.TotalCpu, summary.EffectiveCpu = int32(cpu), int32(cpu)
	summary.EffectiveMemory = mebibytes // where totalMemory is in bytes
	pool := model.Map().Get(*cluster.ResourcePool).(*simulator.ResourcePool)
	pool.Config.CpuAllocation.Limit, pool.Config.CpuAllocation.Reservation = &cpu, &cpu
	pool.Config.MemoryAllocation.Limit, pool.Config.MemoryAllocation.Reservation = &mebibytes, &mebibytes
	pool.Runtime.Cpu.MaxUsage, pool.Runtime.Cpu.UnreservedForPool, pool.Runtime.Cpu.UnreservedForVm = cpu, cpu, cpu
	size := mebibytes << 20
	pool.Runtime.Memory.MaxUsage, pool.Runtime.Memory.UnreservedForPool, pool.Runtime.Memory.UnreservedForVm = size, size, size
	pool.Summary.GetResourcePoolSummary().Runtime = pool.Runtime
	store := model.Map().FindByName(datastore, cluster.Datastore).(*simulator.Datastore)
	store.Summary.Capacity, store.Summary.FreeSpace = capacity, capacity
	info := store.Info.GetDatastoreInfo()
	info.FreeSpace, info.MaxFileSize, info.MaxMemoryFileSize = capacity, capacity, capacity
}

func createPolicy(ctx context.Context, client *govmomi.Client, name string) error {
	profiles, err := pbm.NewClient(ctx, client.Client)
	if err != nil {
		return err
	}
	spec, err := pbm.CreateCapabilityProfileSpec(pbm.CapabilityProfileCreateSpec{
		Name: name, SubProfileName: "Tag based placement", Description: "Storage of class " + name, Category: "REQUIREMENT",
		CapabilityList: []pbm.Capability{{
			ID: "storage-class", Namespace: "http://www.vmware.com/storage/tag",
			PropertyList: []pbm.Property{{
				ID: "com.vmware.storage.tag.storage-class.property", Value: name, DataType: "set",
			}},
		}},
	})
	if err != nil {
		return err
	}
	spec.K8sCompliantName = name
	_, err = profiles.CreateProfile(ctx, *spec)
	return err
}

func createLibrary(ctx context.Context, model *simulator.Model, client *govmomi.Client, address *url.URL) error {
	session := rest.NewClient(client.Client)
	if err := session.Login(ctx, address.User); err != nil {
		return err
	}
	defer func() { _ = session.Logout(ctx) }()
	datacenter := model.Map().Any("Datacenter").(*simulator.Datacenter)
	datastore := model.Map().FindByName(datastores[0], datacenter.Datastore).Reference().Value
	description := "Linux images for virtual machines"
	libraries := library.NewManager(session)
	id, err := libraries.CreateLibrary(ctx, library.Library{
		Name: "linux-images", Type: "LOCAL", Description: &description,
		Storage: []library.StorageBacking{{DatastoreID: datastore, Type: "DATASTORE"}},
	})
	if err != nil {
		return err
	}
	for _, name := range images {
		if _, err := libraries.CreateLibraryItem(ctx, library.Item{Name: name, Type: "ovf", LibraryID: id}); err != nil {
			return err
		}
	}
	return nil
}

// home is the folder that vcsim made for its datastores and removes when it ends.
func home(model *simulator.Model) string {
	for _, option := range model.Map().OptionManager().Setting {
		if value := option.GetOptionValue(); value.Key == "vcsim.home" {
			return value.Value.(string)
		}
	}
	return os.TempDir()
}

// wait gives the end of a task that has just been started.
func wait(started *object.Task, err error) func(context.Context) (*types.TaskInfo, error) {
	return func(ctx context.Context) (*types.TaskInfo, error) {
		if err != nil {
			return nil, err
		}
		return started.WaitForResult(ctx, nil)
	}
}
