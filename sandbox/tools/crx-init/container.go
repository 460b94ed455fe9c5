package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	firstPause       = 10 * time.Second
	longestPause     = 5 * time.Minute
	steady           = 10 * time.Minute
	groupEmptyWithin = 2 * time.Second
	logPiece         = 16 << 10
	messageLimit     = 4096
	logsAsMessage    = 2048
	startError       = 128
)

// container is one of the pod's, through all its runs.
type container struct {
	pod           *pod
	specification *containerSpecification
	// initial: an init container that has to succeed before the next one begins.
	initial bool
	// startedUp is closed when it has started for the first time, its startup probe included.
	startedUp     chan struct{}
	startedUpOnce sync.Once

	// The following are guarded by pod.mutex.
	state   containerState
	current *run
}

// run is one life of a container.
type run struct {
	process *process
	group   string
	number  int
	started time.Time
	// over is cancelled when the program has ended.
	over context.Context
	// tail is the end of what it wrote; guarded by pod.mutex.
	tail []byte
}

func newContainer(p *pod, specification *containerSpecification, waiting string) *container {
	return &container{
		pod:           p,
		specification: specification,
		startedUp:     make(chan struct{}),
		state: containerState{
			Name: specification.Name, State: "waiting", Reason: waiting, Restarts: specification.Restarts,
		},
	}
}

// set changes the container's state and reports it.
func (c *container) set(change func(*containerState)) {
	c.pod.mutex.Lock()
	before := c.state
	change(&c.state)
	changed := c.state != before
	c.pod.mutex.Unlock()
	if changed {
		c.pod.report("state")
	}
}

// keepRunning runs the container, again and again as its restart policy asks; the last exit code.
func (c *container) keepRunning() int {
	pause := time.Duration(0)
	for number := c.specification.Restarts; ; number++ {
		began := time.Now()
		code := c.runOnce(number)
		if c.pod.context.Err() != nil || !c.restarts(code) {
			return code
		}
		if time.Since(began) > steady {
			pause = 0
		}
		if pause > 0 {
			c.set(func(s *containerState) {
				p := c.pod.specification
				s.State, s.Reason = "waiting", "CrashLoopBackOff"
				s.Message = fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
					pause, s.Name, p.Name, p.Namespace, p.UID)
			})
			select {
			case <-time.After(pause):
			case <-c.pod.context.Done():
				return code
			}
		}
		pause = min(max(2*pause, firstPause), longestPause)
	}
}

func (c *container) restarts(code int) bool {
	policy := c.pod.specification.RestartPolicy
	if c.specification.Sidecar {
		return true
	}
	if c.initial && policy == "Always" {
		policy = "OnFailure"
	}
	return policy == "Always" || (policy == "OnFailure" && code != 0)
}

// runOnce starts the container and waits for its end; the exit code.
func (c *container) runOnce(number int) int {
	over, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &run{number: number, started: time.Now(), over: over}
	if err := c.start(r); err != nil {
		now := seconds(time.Now())
		reason, code := "StartError", startError
		if c.pod.context.Err() != nil {
			reason = "Error"
		}
		c.set(func(s *containerState) {
			*s = containerState{Name: s.Name, State: "terminated", Reason: reason, Message: oneLine(err),
				Started: seconds(r.started), Finished: now, ExitCode: code, Restarts: number}
		})
		return code
	}
	go c.lookAfter(r)
	code := r.process.wait()
	cancel()
	finished := time.Now()
	memory := outOfMemory(r.group)
	endGroup(r.group)
	message := c.lastWords(r, code)
	c.pod.mutex.Lock()
	c.current = nil
	c.pod.mutex.Unlock()
	c.set(func(s *containerState) {
		reason := "Completed"
		if memory && code != 0 {
			reason, code = "OOMKilled", 128+int(syscall.SIGKILL)
		} else if code != 0 {
			reason = "Error"
		}
		*s = containerState{Name: s.Name, State: "terminated", Reason: reason, Message: message,
			Started: seconds(r.started), Finished: seconds(finished), ExitCode: code, Restarts: number,
			// An init container counts as ready once it has succeeded.
			Ready: c.initial && code == 0}
	})
	return code
}

func (c *container) start(r *run) error {
	s := c.specification
	image, err := c.pod.images.folder(s.Layers)
	if err != nil {
		return err
	}
	root, err := c.mountRoot(image)
	if err != nil {
		return err
	}
	if r.group, err = newGroup(s); err != nil {
		return err
	}
	binds, err := c.binds()
	if err != nil {
		return err
	}
	e := c.entry(s.Command, s.Terminal)
	e.Root, e.ReadOnlyRoot, e.Binds, e.Guest = root, s.ReadOnlyRoot, binds, s.Guest
	c.pod.mutex.Lock()
	defer c.pod.mutex.Unlock()
	if c.pod.context.Err() != nil {
		return errors.New("the pod is being stopped")
	}
	const namespaces = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID
	r.process, err = start(e, r.group, namespaces, false, func(stream string, from io.Reader) { c.log(r, stream, from) })
	if err == nil {
		c.current = r
	}
	return err
}

// entry is what every program in this container gets.
func (c *container) entry(command []string, terminal bool) entry {
	s := c.specification
	return entry{
		Command: command, Environment: s.Environment, Directory: s.Directory, User: s.User, Groups: s.Groups,
		NotRoot: s.NotRoot, NoNewPrivs: s.NoNewPrivilege, Capabilities: s.Capabilities, Terminal: terminal,
	}
}

// mountRoot lays a fresh writable layer over the image.
func (c *container) mountRoot(image string) (string, error) {
	folder := filepath.Join(runFolder, "containers", c.specification.Name)
	root := filepath.Join(folder, "root")
	_ = syscall.Unmount(root, syscall.MNT_DETACH)
	for _, part := range []string{"upper", "work", "root"} {
		if err := os.RemoveAll(filepath.Join(folder, part)); err != nil {
			return "", err
		}
		if err := os.MkdirAll(filepath.Join(folder, part), 0o755); err != nil {
			return "", err
		}
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s/upper,workdir=%s/work", image, folder, folder)
	return root, mountAll([]mount{{"overlay", root, "overlay", 0, options}})
}

func (c *container) binds() ([]bind, error) {
	binds := []bind{
		{filepath.Join(runFolder, "hosts"), "/etc/hosts", false},
		{filepath.Join(runFolder, "hostname"), "/etc/hostname", false},
		{filepath.Join(runFolder, "resolv.conf"), "/etc/resolv.conf", false},
	}
	if path := c.specification.MessagePath; path != "" {
		if err := os.WriteFile(c.messageFile(), nil, 0o666); err != nil {
			return nil, err
		}
		if err := os.Chmod(c.messageFile(), 0o666); err != nil {
			return nil, err
		}
		binds = append(binds, bind{c.messageFile(), path, false})
	}
	for _, one := range c.specification.Mounts {
		source := c.pod.volumes.path(one.Volume)
		if one.SubPath != "" {
			part, err := c.pod.volumes.part(source, one.SubPath)
			if err != nil {
				return nil, fmt.Errorf("subPath %s: %w", one.SubPath, err)
			}
			source = part
		}
		binds = append(binds, bind{source, one.Path, one.ReadOnly})
	}
	return binds, nil
}

func (c *container) messageFile() string {
	return filepath.Join(runFolder, "containers", c.specification.Name, "message")
}

// lastWords is the message of a container that has ended: what it wrote for that, or the end of its log.
func (c *container) lastWords(r *run, code int) string {
	content, _ := os.ReadFile(c.messageFile())
	if len(content) == 0 && c.specification.LogsAsMessage && code != 0 {
		content = r.tail
	}
	return string(content[:min(len(content), messageLimit)])
}

// log sends what the container writes to the host, line by line.
func (c *container) log(r *run, stream string, from io.Reader) {
	reader := bufio.NewReaderSize(from, logPiece)
	for {
		line, err := reader.ReadSlice('\n')
		if len(line) > 0 {
			whole := line[len(line)-1] == '\n'
			c.pod.channel.send(message{
				Type: "log", Container: c.specification.Name, Run: r.number, Stream: stream,
				Time: time.Now().UTC().Format("2006-01-02T15:04:05.000000000Z"), Partial: !whole, Data: line,
			})
			c.pod.mutex.Lock()
			r.tail = append(r.tail, line...)
			r.tail = r.tail[max(0, len(r.tail)-logsAsMessage):]
			c.pod.mutex.Unlock()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// end asks the running program to end, and ends it after the deadline.
func (c *container) end(deadline time.Time) {
	c.pod.mutex.Lock()
	r := c.current
	c.pod.mutex.Unlock()
	if r == nil {
		return
	}
	limit, cancel := context.WithDeadline(r.over, deadline)
	defer cancel()
	if c.specification.BeforeStop != nil {
		if err := c.act(limit, c.specification.BeforeStop); err != nil {
			fmt.Printf("crx-init: preStop of %s: %v\n", c.specification.Name, err)
		}
	}
	_ = r.process.command.Process.Signal(syscall.SIGTERM)
	<-limit.Done()
	if r.over.Err() == nil {
		_ = os.WriteFile(filepath.Join(r.group, "cgroup.kill"), []byte("1"), 0)
	}
	// Until runOnce has reported it.
	_ = within(groupEmptyWithin, func() error {
		c.pod.mutex.Lock()
		defer c.pod.mutex.Unlock()
		if c.current != nil || c.state.State == "running" {
			return errors.New(c.specification.Name + " has not ended")
		}
		return nil
	})
}

// enter starts a command in the running container.
func (p *pod) enter(name string, command []string, terminal, input bool, read func(string, io.Reader)) (*process, error) {
	c := p.find(name)
	if c == nil {
		return nil, fmt.Errorf("container %s is not in the pod", name)
	}
	p.mutex.Lock()
	r := c.current
	p.mutex.Unlock()
	if r == nil {
		return nil, fmt.Errorf("container %s is not running", name)
	}
	return startBeside(r.process.command.Process.Pid, c.entry(command, terminal), r.group, input, read)
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
