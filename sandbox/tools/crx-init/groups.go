package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Control groups, version 2: one for the pod, in it one for each container.
const groupsFolder = "/sys/fs/cgroup"

const cpuPeriod = 100_000 // microseconds

func prepareGroups() error {
	pod := filepath.Join(groupsFolder, "pod")
	if err := os.WriteFile(filepath.Join(groupsFolder, "cgroup.subtree_control"), []byte("+cpu +memory +pids"), 0); err != nil {
		return fmt.Errorf("control groups: %w", err)
	}
	if err := os.MkdirAll(pod, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(pod, "cgroup.subtree_control"), []byte("+cpu +memory +pids"), 0)
}

// newGroup makes a container's group with its limits; where it is there from an earlier run it is emptied first.
func newGroup(c *containerSpecification) (string, error) {
	folder := filepath.Join(groupsFolder, "pod", c.Name)
	endGroup(folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	limits := map[string]string{}
	if c.Guest == nil {
		// In a virtual machine the kernel ends one process, in a container all.
		limits["memory.oom.group"] = "1"
	}
	if c.Memory > 0 {
		limits["memory.max"] = strconv.FormatInt(c.Memory, 10)
	}
	if c.Processes > 0 {
		limits["pids.max"] = strconv.FormatInt(c.Processes, 10)
	}
	if c.Millicores > 0 {
		// The kernel takes no less than a millisecond in a period.
		limits["cpu.max"] = fmt.Sprintf("%d %d", max(c.Millicores*cpuPeriod/1000, 1000), cpuPeriod)
	}
	for file, value := range limits {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(value), 0); err != nil {
			return "", fmt.Errorf("%s=%s: %w", file, value, err)
		}
	}
	return folder, nil
}

// endGroup kills whatever is left in a group and removes it.
func endGroup(folder string) {
	if err := os.WriteFile(filepath.Join(folder, "cgroup.kill"), []byte("1"), 0); err != nil {
		return
	}
	_ = within(groupEmptyWithin, func() error { return os.Remove(folder) })
}

// outOfMemory says whether the kernel has killed something in the group because of its memory limit.
func outOfMemory(folder string) bool {
	content, _ := os.ReadFile(filepath.Join(folder, "memory.events"))
	for _, line := range strings.Split(string(content), "\n") {
		if count, found := strings.CutPrefix(line, "oom_kill "); found {
			return count != "0"
		}
	}
	return false
}
