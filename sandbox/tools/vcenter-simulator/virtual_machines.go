package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// virtualMachines gives every new virtual machine the states that vcsim leaves empty: clients that know their
// enumerations (pyvmomi) cannot read a virtual machine's runtime with an empty one in it.
type virtualMachines struct{ types.ManagedObjectReference }

func (virtualMachines) PutObject(_ *simulator.Context, object mo.Reference) {
	if vm, ok := object.(*simulator.VirtualMachine); ok {
		for _, runtime := range []*types.VirtualMachineRuntimeInfo{&vm.Runtime, &vm.Summary.Runtime} {
			runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
			runtime.RecordReplayState = types.VirtualMachineRecordReplayStateInactive
		}
	}
}

func (virtualMachines) UpdateObject(*simulator.Context, mo.Reference, []types.PropertyChange) {}

func (virtualMachines) RemoveObject(*simulator.Context, types.ManagedObjectReference) {}
