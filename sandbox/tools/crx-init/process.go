package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

const setns = 308 // system call number on amd64

// output takes what a process writes: "stdout" or "stderr", and the bytes, which are its own to keep.
type output func(stream string, data []byte)

// process is a program in a container.
type process struct {
	command  *exec.Cmd
	stdin    *os.File
	terminal *os.File
	written  sync.WaitGroup
}

// start begins a program in a control group. With namespaces it gets new ones of these kinds. read takes each of its
// streams until the end.
func start(e entry, group string, namespaces uintptr, input bool, read func(stream string, from io.Reader)) (*process, error) {
	folder, err := os.Open(group)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return startIn(e, folder, namespaces, input, read)
}

func startIn(e entry, group *os.File, namespaces uintptr, input bool, read func(string, io.Reader)) (*process, error) {
	var opened []*os.File // what only the child needs
	defer func() {
		for _, file := range opened {
			file.Close()
		}
	}()
	pipe := func() (*os.File, *os.File, error) {
		from, to, err := os.Pipe()
		return from, to, err
	}
	entryFrom, entryTo, err := pipe()
	if err != nil {
		return nil, err
	}
	defer entryTo.Close()
	failureFrom, failureTo, err := pipe()
	if err != nil {
		return nil, err
	}
	defer failureFrom.Close()
	opened = append(opened, entryFrom, failureTo)

	p := &process{command: &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       []string{becomeContainer},
		Env:        []string{},
		ExtraFiles: []*os.File{entryFrom, failureTo},
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags:  namespaces,
			Setsid:      true,
			UseCgroupFD: true,
			CgroupFD:    int(group.Fd()),
		},
	}}
	streams := map[string]*os.File{}
	if e.Terminal {
		terminal, child, err := openTerminal()
		if err != nil {
			return nil, err
		}
		opened = append(opened, child)
		p.terminal, p.stdin, streams["stdout"] = terminal, terminal, terminal
		p.command.Stdin, p.command.Stdout, p.command.Stderr = child, child, child
		p.command.SysProcAttr.Setctty = true
	} else {
		if input {
			from, to, err := pipe()
			if err != nil {
				return nil, err
			}
			opened = append(opened, from)
			p.command.Stdin, p.stdin = from, to
		}
		for name, target := range map[string]*io.Writer{"stdout": &p.command.Stdout, "stderr": &p.command.Stderr} {
			from, to, err := pipe()
			if err != nil {
				return nil, err
			}
			opened = append(opened, to)
			*target, streams[name] = to, from
		}
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for _, file := range opened {
		file.Close()
	}
	opened = nil
	for name, from := range streams {
		p.written.Add(1)
		go func() {
			defer p.written.Done()
			read(name, from)
			if from != p.terminal {
				from.Close()
			}
		}()
	}
	// Should the child end before it has read it all, the answer says why.
	_ = json.NewEncoder(entryTo).Encode(e)
	entryTo.Close()
	failure, err := io.ReadAll(failureFrom)
	if err == nil && len(failure) > 0 {
		err = errors.New(string(failure))
	}
	if err != nil {
		p.wait()
		return nil, err
	}
	return p, nil
}

// wait returns the exit code once the program has ended and all that it wrote was read. A signal counts as 128 and its
// number, as shells and container runtimes count it.
func (p *process) wait() int {
	_ = p.command.Wait()
	if p.terminal != nil {
		// Reading a terminal whose other side is closed ends with an error, so this comes to its end.
		p.written.Wait()
		p.terminal.Close()
	} else {
		p.written.Wait()
		if p.stdin != nil {
			p.stdin.Close()
		}
	}
	status, ok := p.command.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return p.command.ProcessState.ExitCode()
}

// within starts a program in the namespaces and the control group of another process.
func startBeside(other int, e entry, group string, input bool, read func(string, io.Reader)) (*process, error) {
	folder, err := os.Open(group)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	var spaces []*os.File
	defer func() {
		for _, file := range spaces {
			file.Close()
		}
	}()
	for _, kind := range []string{"cgroup", "pid", "mnt"} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/ns/%s", other, kind))
		if err != nil {
			return nil, err
		}
		spaces = append(spaces, file)
	}
	type result struct {
		process *process
		err     error
	}
	done := make(chan result, 1)
	go func() {
		// Never unlocked: the thread in other namespaces ends with this goroutine.
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_FS); err != nil {
			done <- result{nil, err}
			return
		}
		for _, file := range spaces {
			if _, _, failed := syscall.Syscall(setns, file.Fd(), 0, 0); failed != 0 {
				done <- result{nil, fmt.Errorf("enter %s: %w", file.Name(), failed)}
				return
			}
		}
		started, err := startIn(e, folder, 0, input, read)
		done <- result{started, err}
	}()
	answer := <-done
	return answer.process, answer.err
}

// openTerminal makes a pseudo terminal: our side and the program's.
func openTerminal() (*os.File, *os.File, error) {
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var unlock int32
	var number uint32
	if err := ioctl(int(ours.Fd()), syscall.TIOCSPTLCK, unsafe.Pointer(&unlock)); err != nil {
		return nil, nil, err
	}
	if err := ioctl(int(ours.Fd()), syscall.TIOCGPTN, unsafe.Pointer(&number)); err != nil {
		return nil, nil, err
	}
	theirs, err := os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		ours.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

func resizeTerminal(terminal *os.File, columns, rows uint16) error {
	size := [4]uint16{rows, columns}
	return ioctl(int(terminal.Fd()), syscall.TIOCSWINSZ, unsafe.Pointer(&size))
}

// chunks reads a stream piece by piece.
func chunks(take output) func(string, io.Reader) {
	return func(stream string, from io.Reader) {
		for {
			buffer := make([]byte, 32<<10)
			count, err := from.Read(buffer)
			if count > 0 {
				take(stream, buffer[:count])
			}
			if err != nil {
				return
			}
		}
	}
}

// discard reads a stream and forgets it.
func discard(_ string, from io.Reader) { _, _ = io.Copy(io.Discard, from) }

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", " ") }
