package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// Of linux/prctl.h.
const (
	prCapBSetDrop       = 24
	prSetNoNewPrivs     = 38
	prCapAmbient        = 47
	prCapAmbientClear   = 4
	capabilityVersion3  = 0x20080522
	lastKnownCapability = 40
)

type containerUser struct {
	id, group int
	home      string
}

// findUser reads "", "name", "id", "name:group" and the like as the OCI image specification has them.
func findUser(wanted string) (containerUser, error) {
	name, group, hasGroup := strings.Cut(wanted, ":")
	if name == "" {
		name = "0"
	}
	user := containerUser{id: -1, home: "/"}
	if number, err := strconv.Atoi(name); err == nil {
		user.id = number
	}
	if fields := findLine("/etc/passwd", name, 7); fields != nil {
		user.id, _ = strconv.Atoi(fields[2])
		user.group, _ = strconv.Atoi(fields[3])
		user.home = fields[5]
	}
	if user.id < 0 {
		return user, fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
	}
	if hasGroup {
		if number, err := strconv.Atoi(group); err == nil {
			user.group = number
		} else if fields := findLine("/etc/group", group, 4); fields != nil {
			user.group, _ = strconv.Atoi(fields[2])
		} else {
			return user, fmt.Errorf("unable to find group %s: no matching entries in group file", group)
		}
	}
	return user, nil
}

// findLine looks in passwd or group for a name, or for the number in the third field.
func findLine(path, wanted string, count int) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) >= count && (fields[0] == wanted || fields[2] == wanted) {
			return fields
		}
	}
	return nil
}

// becomeUser gives up what the container may not do, then everything that root could do where the user is another one.
func becomeUser(e *entry, user containerUser) error {
	// Of this thread alone, which is the one that execs.
	runtime.LockOSThread()
	keep := capabilityMask(e.Capabilities)
	for number := 0; number <= lastCapability(); number++ {
		if keep&(1<<number) == 0 {
			if err := prctl(prCapBSetDrop, uintptr(number)); err != nil {
				return fmt.Errorf("drop capability %d: %w", number, err)
			}
		}
	}
	if err := prctl(prCapAmbient, prCapAmbientClear); err != nil {
		return err
	}
	// As runc does: a user who is not root may open /proc/self/fd/1 again, which is how many programs log.
	for descriptor := 0; descriptor <= 2; descriptor++ {
		var status syscall.Stat_t
		if err := syscall.Fstat(descriptor, &status); err == nil && status.Uid != uint32(user.id) {
			_ = syscall.Fchown(descriptor, user.id, -1) // what cannot be given away, such as a device, stays
		}
	}
	groups := append([]int{user.group}, e.Groups...)
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("groups: %w", err)
	}
	if err := syscall.Setresgid(user.group, user.group, user.group); err != nil {
		return fmt.Errorf("group %d: %w", user.group, err)
	}
	if err := syscall.Setresuid(user.id, user.id, user.id); err != nil {
		return fmt.Errorf("user %d: %w", user.id, err)
	}
	if user.id == 0 {
		if err := setCapabilities(keep); err != nil {
			return fmt.Errorf("capabilities: %w", err)
		}
	}
	if e.NoNewPrivs {
		return prctl(prSetNoNewPrivs, 1)
	}
	return nil
}

func prctl(option, argument uintptr) error {
	if _, _, failed := syscall.RawSyscall6(syscall.SYS_PRCTL, option, argument, 0, 0, 0, 0); failed != 0 {
		return failed
	}
	return nil
}

func lastCapability() int {
	content, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return lastKnownCapability
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return lastKnownCapability
	}
	return number
}

func setCapabilities(mask uint64) error {
	header := struct {
		version uint32
		process int32
	}{capabilityVersion3, 0}
	low, high := uint32(mask), uint32(mask>>32)
	data := [2]struct{ effective, permitted, inheritable uint32 }{{low, low, 0}, {high, high, 0}}
	_, _, failed := syscall.RawSyscall(
		syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0)
	if failed != 0 {
		return failed
	}
	return nil
}

// capabilityNames in the order of their numbers in linux/capability.h.
var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
	LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
	SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE
	AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
	CHECKPOINT_RESTORE`)

func capabilityMask(names []string) uint64 {
	var mask uint64
	for number, name := range capabilityNames {
		for _, wanted := range names {
			if wanted == name || wanted == "ALL" {
				mask |= 1 << number
			}
		}
	}
	return mask
}
