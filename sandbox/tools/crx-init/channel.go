package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The port is the first one of the machine's only virtio-serial controller.
const channelDevice = "/dev/vport0p1"

// A message of either side: one line of JSON. Bytes are base64.
type message struct {
	Type string `json:"type"`

	// hello
	BootID string  `json:"bootId,omitempty"`
	Kernel string  `json:"kernel,omitempty"`
	Uptime float64 `json:"uptime,omitempty"`
	Free   int64   `json:"free,omitempty"`

	// start
	Pod *podSpecification `json:"pod,omitempty"`
	Now float64           `json:"now,omitempty"` // the host's clock, in seconds since the epoch

	// stop: Grace in seconds; update: Volumes
	Grace   float64               `json:"grace,omitempty"`
	Volumes []volumeSpecification `json:"volumes,omitempty"`

	// state, end
	InitContainers []containerState `json:"initContainers,omitempty"`
	Containers     []containerState `json:"containers,omitempty"`

	// log, exec, input, resize, output, exit: of which container or command
	Container string   `json:"container,omitempty"`
	Run       int      `json:"run,omitempty"`
	ID        int      `json:"id,omitempty"`
	Command   []string `json:"command,omitempty"`
	Terminal  bool     `json:"terminal,omitempty"`
	Columns   uint16   `json:"columns,omitempty"`
	Rows      uint16   `json:"rows,omitempty"`
	Stream    string   `json:"stream,omitempty"`
	Time      string   `json:"time,omitempty"`
	Partial   bool     `json:"partial,omitempty"`
	Data      []byte   `json:"data,omitempty"`
	End       bool     `json:"end,omitempty"`
	Code      int      `json:"code"`
	Error     string   `json:"error,omitempty"`
}

type channel struct {
	device *os.File
	lines  *bufio.Reader
	mutex  sync.Mutex
}

func openChannel() (*channel, error) {
	var device *os.File
	err := within(5*time.Second, func() (err error) {
		device, err = os.OpenFile(channelDevice, os.O_RDWR, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &channel{device: device, lines: bufio.NewReaderSize(device, 64<<10)}, nil
}

func (c *channel) send(m message) {
	line, err := json.Marshal(m)
	if err != nil {
		panic(err) // plain values: cannot fail
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, err := c.device.Write(append(line, '\n')); err != nil {
		// Without the host there is nothing to run for.
		fmt.Println("crx-init: the host does not listen:", err)
		endMachine()
	}
}

func (c *channel) receive() (message, error) {
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return message{}, fmt.Errorf("channel: %w", err)
	}
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return message{}, fmt.Errorf("channel: %w", err)
	}
	return m, nil
}

func (c *channel) sayHello() error {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return err
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return err
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return err
	}
	var seconds float64
	if _, err := fmt.Sscan(string(uptime), &seconds); err != nil {
		return err
	}
	var system syscall.Sysinfo_t
	if err := syscall.Sysinfo(&system); err != nil {
		return err
	}
	c.send(message{
		Type:   "hello",
		BootID: strings.TrimSpace(string(boot)),
		Kernel: strings.TrimSpace(string(release)),
		Uptime: seconds,
		Free:   int64(system.Freeram),
	})
	return nil
}

// serve does what the host asks for until the host is gone or the pod has ended.
func serve(c *channel) error {
	var running *pod
	commands := newCommands(c)
	for {
		m, err := c.receive()
		if err != nil {
			return err
		}
		switch m.Type {
		case "start":
			if running == nil {
				setClock(m.Now)
				running = newPod(m.Pod, c)
				go running.run()
			}
		case "stop":
			if running != nil {
				go running.stop(time.Duration(m.Grace * float64(time.Second)))
			}
		case "update":
			if running != nil {
				if err := running.volumes.update(m.Volumes); err != nil {
					fmt.Println("crx-init: update:", err)
				}
			}
		case "exec":
			if running == nil {
				c.send(message{Type: "exit", ID: m.ID, Code: -1, Error: "the pod has not started"})
				continue
			}
			commands.start(running, m)
		case "input":
			commands.input(m)
		case "resize":
			commands.resize(m)
		case "end":
			return nil
		}
	}
}
