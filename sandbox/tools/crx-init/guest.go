package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A virtual machine of VM Operator is a machine with one container that has all rights, and whose first process is this
// program: it does what is supported of cloud-init and then keeps what was started. The host reads the user data
// (pacific_infra/sandbox/guests/cloud_config.py) and sends what is to be done.

type guestSpecification struct {
	// Ignored: what the user data asks for and does not get.
	Ignored []string    `json:"ignored"`
	Boot    string      `json:"boot"`
	Files   []guestFile `json:"files"`
	Users   []guestUser `json:"users"`
	Run     string      `json:"run"`
}

type guestFile struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
	Mode    uint32 `json:"mode"`
	Owner   string `json:"owner"`
	Append  bool   `json:"append"`
	// Deferred: written when the users are there.
	Deferred bool `json:"deferred"`
}

type guestUser struct {
	Name     string   `json:"name"`
	ID       int      `json:"id"` // 0: the next that is free
	Comment  string   `json:"comment"`
	Home     string   `json:"home"`
	Shell    string   `json:"shell"`
	Group    string   `json:"group"` // empty: one of its own name
	Groups   []string `json:"groups"`
	MakeHome bool     `json:"makeHome"`
}

const (
	scriptsFolder = "/var/lib/cloud/instance/scripts"
	firstUser     = 1000
	guestEnds     = 2 * time.Second
	// How the guest's end is told: as the kernel tells reboot(2) in a process namespace, by SIGINT and SIGHUP.
	guestPowersOff = 128 + int(syscall.SIGINT)
	guestRestarts  = 128 + int(syscall.SIGHUP)
)

type guest struct {
	shell       string
	environment []string
}

// runGuest returns only where the guest cannot be started.
func runGuest(e *entry) error {
	environment := withDefaults(e.Environment, "/root", false)
	shell, err := findProgram("sh", environment)
	if err != nil {
		return fmt.Errorf("a virtual machine's image needs a shell: %w", err)
	}
	ends := make(chan os.Signal, 1)
	// As busybox has it: halt and poweroff send the first two to the first process, reboot the third.
	signal.Notify(ends, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM)
	go func() {
		code := guestPowersOff
		if <-ends == syscall.SIGTERM {
			code = guestRestarts
		}
		endGuest(code)
	}()
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	// The console is where this program writes.
	_ = os.Symlink("/proc/1/fd/1", "/dev/console")
	if err := syscall.Close(failureFile); err != nil {
		return err
	}
	g := &guest{shell, environment}
	g.initialize(e.Guest)
	for {
		if _, err := syscall.Wait4(-1, nil, 0, nil); errors.Is(err, syscall.ECHILD) {
			<-children
		}
	}
}

// initialize goes on after what fails, as cloud-init does, in cloud-init's order.
func (g *guest) initialize(s *guestSpecification) {
	began := time.Now()
	for _, one := range s.Ignored {
		fmt.Println("cloud-init: ignored:", one)
	}
	g.script("bootcmd", s.Boot)
	writeGuestFiles(s.Files, false)
	for i := range s.Users {
		report("users: "+s.Users[i].Name, addUser(&s.Users[i]))
	}
	writeGuestFiles(s.Files, true)
	g.script("runcmd", s.Run)
	fmt.Printf("cloud-init: finished after %.1f s\n", time.Since(began).Seconds())
}

func report(what string, err error) {
	if err != nil {
		fmt.Printf("cloud-init: %s: %v\n", what, err)
	}
}

// script runs a shell script and waits for its end; what it leaves running stays.
func (g *guest) script(name, content string) {
	if content == "" {
		return
	}
	path := filepath.Join(scriptsFolder, name)
	report(name, os.MkdirAll(scriptsFolder, 0o755))
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		report(name, err)
		return
	}
	child, err := syscall.ForkExec(g.shell, []string{"sh", path}, &syscall.ProcAttr{
		Dir: "/", Env: g.environment, Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		report(name, err)
		return
	}
	var status syscall.WaitStatus
	for {
		// Orphans of this process namespace end here, too.
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		if ended == child {
			break
		}
		if err != nil && !errors.Is(err, syscall.EINTR) {
			report(name, err)
			return
		}
	}
	if status.ExitStatus() != 0 {
		fmt.Printf("cloud-init: %s: exit code %d\n", name, status.ExitStatus())
	}
}

func endGuest(code int) {
	_ = syscall.Kill(-1, syscall.SIGTERM)
	_ = within(guestEnds, func() error {
		if err := syscall.Kill(-1, 0); errors.Is(err, syscall.ESRCH) {
			return nil
		}
		return errors.New("something still runs")
	})
	os.Exit(code)
}

func writeGuestFiles(files []guestFile, deferred bool) {
	for i := range files {
		if files[i].Deferred == deferred {
			report("write_files: "+files[i].Path, writeGuestFile(&files[i]))
		}
	}
}

func writeGuestFile(f *guestFile) error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if f.Append {
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	file, err := os.OpenFile(f.Path, flags, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(f.Content); err != nil {
		return err
	}
	owner, err := findUser(f.Owner)
	if err != nil {
		return err
	}
	if err := file.Chown(owner.id, owner.group); err != nil {
		return err
	}
	return syscall.Chmod(f.Path, f.Mode)
}

// addUser makes a user without a password; one that is there only gets into the groups.
func addUser(u *guestUser) error {
	if findLine("/etc/passwd", u.Name, 7) == nil {
		id := u.ID
		if id == 0 {
			id = freeID("/etc/passwd", 7)
		}
		group, err := groupID(u.Group, u.Name, id)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s:x:%d:%d:%s:%s:%s\n", u.Name, id, group, u.Comment, u.Home, u.Shell)
		if err := appendLine("/etc/passwd", line, 0o644); err != nil {
			return err
		}
		if err := appendLine("/etc/shadow", u.Name+":!:19000:0:99999:7:::\n", 0o600); err != nil {
			return err
		}
		if u.MakeHome {
			if err := os.MkdirAll(u.Home, 0o755); err != nil {
				return err
			}
			if err := os.Chown(u.Home, id, group); err != nil {
				return err
			}
		}
	}
	for _, name := range u.Groups {
		if err := joinGroup(name, u.Name); err != nil {
			return err
		}
	}
	return nil
}

// groupID is the number of a group that is there, or of the user's own one, which is made.
func groupID(name, user string, id int) (int, error) {
	if name != "" {
		fields := findLine("/etc/group", name, 4)
		if fields == nil {
			return 0, fmt.Errorf("group %s does not exist", name)
		}
		return strconv.Atoi(fields[2])
	}
	if fields := findLine("/etc/group", user, 4); fields != nil {
		return strconv.Atoi(fields[2])
	}
	if findLine("/etc/group", strconv.Itoa(id), 4) != nil {
		id = freeID("/etc/group", 4)
	}
	return id, appendLine("/etc/group", fmt.Sprintf("%s:x:%d:\n", user, id), 0o644)
}

func freeID(path string, fields int) int {
	id := firstUser
	for findLine(path, strconv.Itoa(id), fields) != nil {
		id++
	}
	return id
}

// joinGroup adds a user to a group, which is made where it is not there.
func joinGroup(group, user string) error {
	if findLine("/etc/group", group, 4) == nil {
		return appendLine("/etc/group", fmt.Sprintf("%s:x:%d:%s\n", group, freeID("/etc/group", 4), user), 0o644)
	}
	content, err := os.ReadFile("/etc/group")
	if err != nil {
		return err
	}
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		fields := strings.Split(line, ":")
		if len(fields) < 4 || fields[0] != group {
			continue
		}
		if fields[3] != "" {
			fields[3] += ","
		}
		fields[3] += user
		lines[i] = strings.Join(fields, ":")
	}
	return os.WriteFile("/etc/group", []byte(strings.Join(lines, "\n")), 0o644)
}

func appendLine(path, line string, mode os.FileMode) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, mode)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.WriteString(line)
	return err
}
