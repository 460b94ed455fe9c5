package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// pod runs the one pod of this machine, as the kubelet runs one: init containers in order, then the others.
type pod struct {
	specification *podSpecification
	channel       *channel
	images        images
	volumes       volumes
	// The containers in the order of the specification.
	init, main []*container

	context context.Context
	// halt ends everything that waits: no container starts any more.
	halt  context.CancelFunc
	ended sync.Once

	mutex sync.Mutex // guards every container's state
}

func newPod(specification *podSpecification, c *channel) *pod {
	p := &pod{specification: specification, channel: c}
	p.context, p.halt = context.WithCancel(context.Background())
	waiting := "ContainerCreating"
	if len(specification.InitContainers) > 0 {
		waiting = "PodInitializing"
	}
	for i := range specification.InitContainers {
		one := newContainer(p, &specification.InitContainers[i], waiting)
		one.initial = !one.specification.Sidecar
		p.init = append(p.init, one)
	}
	for i := range specification.Containers {
		p.main = append(p.main, newContainer(p, &specification.Containers[i], waiting))
	}
	return p
}

func (p *pod) run() {
	if err := p.prepare(); err != nil {
		fmt.Println("crx-init:", err)
		for _, one := range p.all() {
			one.set(func(s *containerState) { s.Reason, s.Message = "CreateContainerError", oneLine(err) })
		}
		return
	}
	if !p.initialize() {
		if p.context.Err() == nil {
			p.finish()
		}
		return
	}
	var running sync.WaitGroup
	for _, one := range p.main {
		running.Add(1)
		go func() {
			defer running.Done()
			one.keepRunning()
		}()
	}
	running.Wait()
	if p.context.Err() == nil {
		p.finish()
	}
}

func (p *pod) prepare() error {
	s := p.specification
	if err := syscall.Sethostname([]byte(s.Hostname)); err != nil {
		return err
	}
	if err := configureNetwork(s.Address, s.Prefix, s.Gateway); err != nil {
		return err
	}
	for name, content := range map[string]string{"hosts": s.Hosts, "hostname": s.Hostname + "\n", "resolv.conf": s.Resolver} {
		if err := os.WriteFile(filepath.Join(runFolder, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return p.volumes.prepare(s.Volumes)
}

// initialize runs the init containers one after the other; false where one has failed for good.
func (p *pod) initialize() bool {
	for _, one := range p.init {
		if one.specification.Sidecar {
			go one.keepRunning()
			select {
			case <-one.startedUp:
			case <-p.context.Done():
				return false
			}
		} else if one.keepRunning() != 0 {
			return false
		}
		if p.context.Err() != nil {
			return false
		}
	}
	return true
}

// finish ends what is left when the pod's own work is done, and tells the host that the machine is not needed.
func (p *pod) finish() {
	p.stop(time.Duration(p.specification.Grace * float64(time.Second)))
}

// stop ends all containers within grace, sidecars last and in reverse order, and then the machine.
func (p *pod) stop(grace time.Duration) {
	p.halt()
	p.ended.Do(func() {
		deadline := time.Now().Add(grace)
		var ending sync.WaitGroup
		for _, one := range p.all() {
			if !one.specification.Sidecar {
				ending.Add(1)
				go func() {
					defer ending.Done()
					one.end(deadline)
				}()
			}
		}
		ending.Wait()
		for i := len(p.init) - 1; i >= 0; i-- {
			if p.init[i].specification.Sidecar {
				p.init[i].end(deadline)
			}
		}
		syscall.Sync()
		p.report("end")
	})
}

func (p *pod) all() []*container { return append(append([]*container{}, p.init...), p.main...) }

// report tells the host what each container does; kind is "state", or "end" for the last one.
func (p *pod) report(kind string) {
	p.mutex.Lock()
	m := message{Type: kind}
	for _, one := range p.init {
		m.InitContainers = append(m.InitContainers, one.state)
	}
	for _, one := range p.main {
		m.Containers = append(m.Containers, one.state)
	}
	// Sent under the lock, so that the reports come in the order of the changes.
	p.channel.send(m)
	p.mutex.Unlock()
}

func (p *pod) find(name string) *container {
	for _, one := range p.all() {
		if one.specification.Name == name {
			return one
		}
	}
	return nil
}
