package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const (
	modulesFolder = "/modules"
	runFolder     = "/run/crx"
	finitModule   = 313 // system call number on amd64
)

// prepareMachine makes of a kernel that has just started a machine that can run containers.
func prepareMachine() error {
	if err := loadModules(); err != nil {
		return err
	}
	// A tmpfs as root instead of the initramfs: pivot_root does not work from there.
	if err := mountAll([]mount{{"tmpfs", "/machine", "tmpfs", 0, "mode=0755,size=90%"}}); err != nil {
		return err
	}
	if err := os.Chdir("/machine"); err != nil {
		return err
	}
	if err := syscall.Mount(".", "/", "", syscall.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move the root: %w", err)
	}
	if err := syscall.Chroot("."); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := mountAll([]mount{
		{"proc", "/proc", "proc", strict, ""},
		{"sysfs", "/sys", "sysfs", strict, ""},
		{"devtmpfs", "/dev", "devtmpfs", syscall.MS_NOSUID, "mode=0755"},
		{"devpts", "/dev/pts", "devpts", syscall.MS_NOSUID | syscall.MS_NOEXEC, "ptmxmode=0666,mode=0620"},
		{"cgroup2", groupsFolder, "cgroup2", strict, ""},
	}); err != nil {
		return err
	}
	if err := prepareGroups(); err != nil {
		return err
	}
	// As container runtimes do it: a user other than root may listen at port 80.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0); err != nil {
		return err
	}
	return os.MkdirAll(runFolder, 0o700)
}

func endMachine() {
	syscall.Sync()
	// With -no-reboot this ends QEMU, and faster than powering off does.
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART)
	select {}
}

// loadModules loads what the host has put into the initramfs, in the order of its list.
func loadModules() error {
	list, err := os.Open(filepath.Join(modulesFolder, "order"))
	if err != nil {
		return err
	}
	defer list.Close()
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		file, err := os.Open(filepath.Join(modulesFolder, lines.Text()))
		if err != nil {
			return err
		}
		empty := []byte{0}
		_, _, number := syscall.Syscall(finitModule, file.Fd(), uintptr(unsafe.Pointer(&empty[0])), 0)
		file.Close()
		if number != 0 && number != syscall.EEXIST {
			return fmt.Errorf("load module %s: %w", lines.Text(), number)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return os.RemoveAll(modulesFolder) // memory that a container can use
}

type mount struct {
	source, target, kind string
	flags                uintptr
	options              string
}

func mountAll(mounts []mount) error {
	for _, one := range mounts {
		if err := os.MkdirAll(one.target, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(one.source, one.target, one.kind, one.flags, one.options); err != nil {
			return fmt.Errorf("mount %s on %s: %w", one.source, one.target, err)
		}
	}
	return nil
}

// within repeats try, which waits for a device to appear, until it succeeds or the time is over.
func within(limit time.Duration, try func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// disk finds the block device that the host has given this serial number.
func disk(serial string) (string, error) {
	var path string
	err := within(5*time.Second, func() error {
		found, _ := filepath.Glob("/sys/block/*/serial")
		for _, file := range found {
			content, _ := os.ReadFile(file)
			if strings.TrimSpace(string(content)) == serial {
				path = "/dev/" + filepath.Base(filepath.Dir(file))
				return nil
			}
		}
		return fmt.Errorf("the machine has no disk %s", serial)
	})
	return path, err
}

// configureNetwork gives the only network card the pod's address.
func configureNetwork(address string, prefix int, gateway string) error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	if err := setInterface(socket, "lo", "127.0.0.1", 8); err != nil {
		return err
	}
	if address == "" {
		return nil
	}
	if err := within(5*time.Second, func() error { return setInterface(socket, "eth0", address, prefix) }); err != nil {
		return fmt.Errorf("network: %w", err)
	}
	// struct rtentry of linux/route.h on a 64-bit machine.
	var route struct {
		_                     uint64
		target, gateway, mask [16]byte
		flags                 uint16
		_                     [6]byte
		_                     [64]byte
	}
	putAddress(&route.target, "0.0.0.0")
	putAddress(&route.gateway, gateway)
	putAddress(&route.mask, "0.0.0.0")
	route.flags = 0x3 // RTF_UP | RTF_GATEWAY
	return ioctl(socket, syscall.SIOCADDRT, unsafe.Pointer(&route))
}

func setInterface(socket int, name, address string, prefix int) error {
	type request struct {
		name    [16]byte
		content [24]byte
	}
	for _, one := range []struct {
		number uintptr
		value  string
	}{
		{syscall.SIOCSIFADDR, address},
		{syscall.SIOCSIFNETMASK, net.IP(net.CIDRMask(prefix, 32)).String()},
	} {
		var asked request
		copy(asked.name[:], name)
		putAddress((*[16]byte)(asked.content[:16]), one.value)
		if err := ioctl(socket, one.number, unsafe.Pointer(&asked)); err != nil {
			return err
		}
	}
	var asked request
	copy(asked.name[:], name)
	*(*uint16)(unsafe.Pointer(&asked.content)) = syscall.IFF_UP | syscall.IFF_RUNNING
	return ioctl(socket, syscall.SIOCSIFFLAGS, unsafe.Pointer(&asked))
}

// putAddress writes a struct sockaddr_in.
func putAddress(target *[16]byte, address string) {
	target[0] = syscall.AF_INET
	copy(target[4:8], net.ParseIP(address).To4())
}

func ioctl(file int, number uintptr, argument unsafe.Pointer) error {
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, uintptr(file), number, uintptr(argument)); failed != 0 {
		return failed
	}
	return nil
}

// setClock takes over the host's time: the machine's own clock is right to the second only.
func setClock(now float64) {
	if now > 0 {
		time := syscall.NsecToTimeval(int64(now * 1e9))
		_ = syscall.Settimeofday(&time)
	}
}
