package main

import (
	"sync"
)

// commands are those that a user runs in containers (kubectl exec).
type commands struct {
	channel *channel
	mutex   sync.Mutex
	running map[int]*command
}

type command struct {
	process *process
	input   chan message
}

func newCommands(c *channel) *commands {
	return &commands{channel: c, running: map[int]*command{}}
}

// start begins a command; what comes of it is sent to the host.
func (c *commands) start(p *pod, m message) {
	one := &command{input: make(chan message, 4)}
	c.mutex.Lock()
	c.running[m.ID] = one
	c.mutex.Unlock()
	go func() {
		code, err := c.run(p, m, one)
		c.mutex.Lock()
		delete(c.running, m.ID)
		c.mutex.Unlock()
		answer := message{Type: "exit", ID: m.ID, Code: code}
		if err != nil {
			answer.Code, answer.Error = -1, oneLine(err)
		}
		c.channel.send(answer)
	}()
}

func (c *commands) run(p *pod, m message, one *command) (int, error) {
	take := func(stream string, data []byte) {
		c.channel.send(message{Type: "output", ID: m.ID, Stream: stream, Data: data})
	}
	started, err := p.enter(m.Container, m.Command, m.Terminal, true, chunks(take))
	if err != nil {
		return -1, err
	}
	c.mutex.Lock()
	one.process = started
	c.mutex.Unlock()
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case given := <-one.input:
				if len(given.Data) > 0 {
					// A program that reads no more is no error.
					_, _ = started.stdin.Write(given.Data)
				}
				if given.End && started.terminal == nil {
					started.stdin.Close()
				}
				c.channel.send(message{Type: "taken", ID: m.ID})
			}
		}
	}()
	if m.Columns > 0 && started.terminal != nil {
		_ = resizeTerminal(started.terminal, m.Columns, m.Rows)
	}
	code := started.wait()
	close(stop)
	return code, nil
}

// input passes on what the user typed; the host sends the next piece when this one was taken.
func (c *commands) input(m message) {
	c.mutex.Lock()
	one := c.running[m.ID]
	c.mutex.Unlock()
	if one == nil {
		return
	}
	select {
	case one.input <- m:
	default: // Only a host that does not wait gets here.
	}
}

func (c *commands) resize(m message) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if one := c.running[m.ID]; one != nil && one.process != nil && one.process.terminal != nil {
		_ = resizeTerminal(one.process.terminal, m.Columns, m.Rows)
	}
}
