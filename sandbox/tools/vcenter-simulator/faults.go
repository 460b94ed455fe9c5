package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// faults has lost hosts and full datastores happen, as a file declares them. It is
// looked at before each call, so that a declaration has its effect at once.
type faults struct {
	path     string
	lock     sync.Mutex
	seen     os.FileInfo
	declared declaration
	free     map[string]int64 // what was free on a datastore before it was full
}

type declaration struct {
	FullDatastores map[string][]string `json:"fullDatastores"` // with the clusters that use it
	LostHosts      []string            `json:"lostHosts"`
}

func (d declaration) isFull(datastore string) bool {
	_, full := d.FullDatastores[datastore]
	return full
}

func (d declaration) isLost(host string) bool { return slices.Contains(d.LostHosts, host) }

// handle is the registry's hook before each call. What it returns would be overridden by the session's own look-up of
// the object, so a call that is to fail is led to another object.
func (f *faults) handle(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.refresh(ctx)
	if instead := f.instead(ctx, method); instead != nil {
		method.This = ctx.Map.Put(instead).Reference()
	}
	return nil, nil
}

// instead is what takes the call in the place of its object, or nil where nothing stands against it.
func (f *faults) instead(ctx *simulator.Context, method *simulator.Method) *failing {
	if len(f.declared.FullDatastores)+len(f.declared.LostHosts) == 0 {
		return nil
	}
	switch request := method.Body.(type) {
	case *types.CreateVM_Task:
		return f.failing(ctx, method.This, request.Host, datastoreOf(request.Config.Files))
	case *types.PowerOnVM_Task, *types.PowerOffVM_Task, *types.SuspendVM_Task, *types.ReconfigVM_Task, *types.Destroy_Task:
		vm, ok := ctx.Map.Get(method.This).(*simulator.VirtualMachine)
		if !ok {
			return nil
		}
		store := ""
		if method.Name == "PowerOnVM_Task" { // its swap file needs room
			store = datastoreOf(&vm.Config.Files)
		}
		return f.failing(ctx, method.This, vm.Runtime.Host, store)
	}
	return nil
}

func (f *faults) failing(
	ctx *simulator.Context, this types.ManagedObjectReference, host *types.ManagedObjectReference, store string,
) *failing {
	if host != nil {
		system, ok := ctx.Map.Get(*host).(*simulator.HostSystem)
		if ok && f.declared.isLost(system.Name) {
			message := "Unable to communicate with the remote host, since it is disconnected."
			return &failing{entity: this, fault: &types.HostNotConnected{}, message: message}
		}
	}
	if f.declared.isFull(store) {
		fault := &types.NoDiskSpace{Datastore: store, FileFault: types.FileFault{File: "[" + store + "]"}}
		return &failing{entity: this, fault: fault, message: fmt.Sprintf("Insufficient disk space on datastore '%s'.", store)}
	}
	return nil
}

// refresh reads the file where it has changed, and shows in the inventory what it says.
func (f *faults) refresh(ctx *simulator.Context) {
	now, err := os.Stat(f.path)
	if err != nil {
		now = nil
	}
	same := now == nil && f.seen == nil ||
		now != nil && f.seen != nil && os.SameFile(now, f.seen) && now.ModTime().Equal(f.seen.ModTime())
	if same {
		return
	}
	f.seen = now
	var declared declaration
	if now != nil {
		text, err := os.ReadFile(f.path)
		if err == nil {
			err = json.Unmarshal(text, &declared)
		}
		if err != nil {
			log.Printf("%s: %s; what was declared before stays", f.path, err)
			return
		}
	}
	before := f.declared
	f.declared = declared
	for _, entity := range ctx.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		lost, was := declared.isLost(host.Name), before.isLost(host.Name)
		if lost != was {
			connect(ctx, host, !lost)
		}
	}
	for _, entity := range ctx.Map.All("Datastore") {
		store := entity.(*simulator.Datastore)
		full, was := declared.isFull(store.Name), before.isFull(store.Name)
		if full == was {
			continue
		}
		free := f.free[store.Name]
		if full {
			f.free[store.Name], free = store.Summary.FreeSpace, 0
		}
		ctx.Map.AtomicUpdate(ctx, store, []types.PropertyChange{{Name: "summary.freeSpace", Val: free}})
	}
}

// connect changes what vCenter sees of a host and the virtual machines on it.
func connect(ctx *simulator.Context, host *simulator.HostSystem, connected bool) {
	state, machines := types.HostSystemConnectionStateNotResponding, types.VirtualMachineConnectionStateDisconnected
	if connected {
		state, machines = types.HostSystemConnectionStateConnected, types.VirtualMachineConnectionStateConnected
	}
	ctx.Map.AtomicUpdate(ctx, host, []types.PropertyChange{{Name: "runtime.connectionState", Val: state}})
	for _, reference := range host.Vm {
		if vm, ok := ctx.Map.Get(reference).(*simulator.VirtualMachine); ok {
			ctx.Map.AtomicUpdate(ctx, vm, []types.PropertyChange{{Name: "runtime.connectionState", Val: machines}})
		}
	}
}

func datastoreOf(files *types.VirtualMachineFileInfo) string {
	var path object.DatastorePath
	if files == nil || !path.FromString(files.VmPathName) {
		return ""
	}
	return path.Datastore
}

// failing stands in for an object for one call: its task has ended with the fault, as vCenter's would.
type failing struct {
	Self    types.ManagedObjectReference // set when it is registered
	entity  types.ManagedObjectReference
	fault   types.BaseMethodFault
	message string
}

func (f *failing) Reference() types.ManagedObjectReference { return f.Self }

func (f *failing) task(ctx *simulator.Context, name string) types.ManagedObjectReference {
	// Not by its Run, which would put the fault's Go type in the place of the message.
	task := simulator.CreateTask(f.entity, name, nil)
	now := time.Now()
	task.Info.State, task.Info.StartTime, task.Info.CompleteTime = types.TaskInfoStateError, &now, &now
	task.Info.Error = &types.LocalizedMethodFault{Fault: f.fault, LocalizedMessage: f.message}
	ctx.Map.Put(task)
	task.Info.Task, task.Info.Key = task.Self, task.Self.Value
	ctx.Map.Remove(ctx, f.Self)
	return task.Self
}

func (f *failing) CreateVMTask(ctx *simulator.Context, _ *types.CreateVM_Task) soap.HasFault {
	return &methods.CreateVM_TaskBody{Res: &types.CreateVM_TaskResponse{Returnval: f.task(ctx, "createVm")}}
}

func (f *failing) PowerOnVMTask(ctx *simulator.Context, _ *types.PowerOnVM_Task) soap.HasFault {
	return &methods.PowerOnVM_TaskBody{Res: &types.PowerOnVM_TaskResponse{Returnval: f.task(ctx, "powerOn")}}
}

func (f *failing) PowerOffVMTask(ctx *simulator.Context, _ *types.PowerOffVM_Task) soap.HasFault {
	return &methods.PowerOffVM_TaskBody{Res: &types.PowerOffVM_TaskResponse{Returnval: f.task(ctx, "powerOff")}}
}

func (f *failing) SuspendVMTask(ctx *simulator.Context, _ *types.SuspendVM_Task) soap.HasFault {
	return &methods.SuspendVM_TaskBody{Res: &types.SuspendVM_TaskResponse{Returnval: f.task(ctx, "suspend")}}
}

func (f *failing) ReconfigVMTask(ctx *simulator.Context, _ *types.ReconfigVM_Task) soap.HasFault {
	return &methods.ReconfigVM_TaskBody{Res: &types.ReconfigVM_TaskResponse{Returnval: f.task(ctx, "reconfigure")}}
}

func (f *failing) DestroyTask(ctx *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: f.task(ctx, "destroy")}}
}
