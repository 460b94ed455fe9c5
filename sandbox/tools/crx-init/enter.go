package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// entry is what the second half of a container's start, or of a command in one, is told on its file 3. It answers on
// file 4: nothing when the program runs, else why not.
type entry struct {
	// Root is the container's root to move into; empty where the process is in it already.
	Root         string   `json:"root"`
	ReadOnlyRoot bool     `json:"readOnlyRoot"`
	Binds        []bind   `json:"binds"`
	Command      []string `json:"command"`
	Environment  []string `json:"environment"`
	Directory    string   `json:"directory"`
	User         string   `json:"user"`
	Groups       []int    `json:"groups"`
	NotRoot      bool     `json:"notRoot"`
	NoNewPrivs   bool     `json:"noNewPrivileges"`
	Capabilities []string `json:"capabilities"`
	Terminal     bool     `json:"terminal"`
	// Guest is set where a virtual machine is entered, not a program.
	Guest *guestSpecification `json:"guest"`
}

type bind struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

const (
	entryFile   = 3
	failureFile = 4

	strict        = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	readOnlyAgain = syscall.MS_REMOUNT | syscall.MS_BIND | syscall.MS_RDONLY
)

// enterContainer never returns: it becomes the container's program, or says why it cannot.
func enterContainer() {
	syscall.CloseOnExec(failureFile)
	err := becomeProgram()
	fmt.Fprint(os.NewFile(failureFile, "failure"), err)
	os.Exit(128)
}

func becomeProgram() error {
	content, err := io.ReadAll(os.NewFile(entryFile, "entry"))
	if err != nil {
		return err
	}
	syscall.CloseOnExec(entryFile)
	var e entry
	if err := json.Unmarshal(content, &e); err != nil {
		return err
	}
	if e.Root != "" {
		if err := enterRoot(&e); err != nil {
			return err
		}
	}
	if e.Guest != nil {
		return runGuest(&e)
	}
	user, err := findUser(e.User)
	if err != nil {
		return err
	}
	if e.NotRoot && user.id == 0 {
		return errors.New("container has runAsNonRoot and image will run as root")
	}
	if err := os.MkdirAll(e.Directory, 0o755); err != nil {
		return fmt.Errorf("working directory: %w", err)
	}
	if err := os.Chdir(e.Directory); err != nil {
		return fmt.Errorf("working directory: %w", err)
	}
	environment := withDefaults(e.Environment, user.home, e.Terminal)
	program, err := findProgram(e.Command[0], environment)
	if err != nil {
		return err
	}
	if err := becomeUser(&e, user); err != nil {
		return err
	}
	err = syscall.Exec(program, e.Command, environment)
	return fmt.Errorf("exec %q: %w", program, err)
}

// enterRoot makes e.Root, and nothing else, what the container sees.
func enterRoot(e *entry) error {
	if err := syscall.Unshare(syscall.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("cgroup namespace: %w", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	in := func(path string) string { return filepath.Join(e.Root, path) }
	if err := mountAll([]mount{
		{"proc", in("/proc"), "proc", strict, ""},
		{"sysfs", in("/sys"), "sysfs", strict | syscall.MS_RDONLY, ""},
		{"cgroup2", in(groupsFolder), "cgroup2", strict | syscall.MS_RDONLY, ""},
		{"tmpfs", in("/dev"), "tmpfs", syscall.MS_NOSUID | syscall.MS_STRICTATIME, "mode=0755,size=64k"},
		{"devpts", in("/dev/pts"), "devpts", syscall.MS_NOSUID | syscall.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"},
		{"shm", in("/dev/shm"), "tmpfs", strict, "mode=1777,size=64m"},
	}); err != nil {
		return err
	}
	if err := makeDevices(in("/dev")); err != nil {
		return err
	}
	for _, one := range e.Binds {
		if err := bindInside(e.Root, one); err != nil {
			return fmt.Errorf("mount %s: %w", one.Target, err)
		}
	}
	if err := os.Chdir(e.Root); err != nil {
		return err
	}
	// The old root comes to lie over the new one, and is taken away from there.
	if err := syscall.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := syscall.Unmount(".", syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount the old root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	if err := hideKernel(); err != nil {
		return err
	}
	if e.ReadOnlyRoot {
		if err := syscall.Mount("", "/", "", readOnlyAgain, ""); err != nil {
			return fmt.Errorf("read-only root: %w", err)
		}
	}
	return nil
}

func makeDevices(folder string) error {
	for name, number := range map[string][2]int{
		"null": {1, 3}, "zero": {1, 5}, "full": {1, 7}, "random": {1, 8}, "urandom": {1, 9}, "tty": {5, 0},
	} {
		path := filepath.Join(folder, name)
		if err := syscall.Mknod(path, syscall.S_IFCHR|0o666, number[0]<<8|number[1]); err != nil {
			return fmt.Errorf("device %s: %w", name, err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
		"ptmx": "pts/ptmx",
	} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// bindInside mounts a file or folder in root. The target is made, with root as the root, so that links stay inside.
func bindInside(root string, one bind) error {
	source, err := os.Stat(one.Source)
	if err != nil {
		return err
	}
	var real string
	err = inRoot(root, func() error {
		path := filepath.Clean("/" + one.Target)
		if source.IsDir() {
			if err := os.MkdirAll(path, 0o755); err != nil {
				return err
			}
		} else {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o644)
			if err != nil {
				return err
			}
			file.Close()
		}
		real, err = filepath.EvalSymlinks(path)
		return err
	})
	if err != nil {
		return err
	}
	target := filepath.Join(root, real)
	if err := syscall.Mount(one.Source, target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return err
	}
	if one.ReadOnly {
		return syscall.Mount("", target, "", readOnlyAgain|syscall.MS_NOSUID|syscall.MS_NODEV, "")
	}
	return nil
}

// hideKernel covers what a container has no business with, as container runtimes do.
func hideKernel() error {
	for _, path := range []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := syscall.Mount("/dev/null", path, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("hide %s: %w", path, err)
		}
	}
	for _, path := range []string{"/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/sysrq-trigger"} {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := syscall.Mount(path, path, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
			return fmt.Errorf("protect %s: %w", path, err)
		}
		if err := syscall.Mount("", path, "", readOnlyAgain|strict, ""); err != nil {
			return fmt.Errorf("protect %s: %w", path, err)
		}
	}
	return nil
}

func withDefaults(environment []string, home string, terminal bool) []string {
	defaults := [][2]string{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", home}}
	if terminal {
		defaults = append(defaults, [2]string{"TERM", "xterm"})
	}
	for _, one := range defaults {
		if lookUp(environment, one[0]) == "" {
			environment = append(environment, one[0]+"="+one[1])
		}
	}
	return environment
}

func lookUp(environment []string, name string) string {
	// The last one counts.
	for i := len(environment) - 1; i >= 0; i-- {
		if value, found := strings.CutPrefix(environment[i], name+"="); found {
			return value
		}
	}
	return ""
}

func findProgram(name string, environment []string) (string, error) {
	if strings.Contains(name, "/") {
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("exec: %q: no such file or directory", name)
		}
		return name, nil
	}
	for _, folder := range filepath.SplitList(lookUp(environment, "PATH")) {
		path := filepath.Join(folder, name)
		if found, err := os.Stat(path); err == nil && !found.IsDir() && found.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}
