package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// lookAfter does what belongs to a run beside the program itself: postStart, then the probes, until the run is over.
func (c *container) lookAfter(r *run) {
	s := c.specification
	c.set(func(state *containerState) {
		*state = containerState{Name: s.Name, State: "running", Started: seconds(r.started), Restarts: r.number}
	})
	if s.AfterStart != nil {
		if err := c.act(r.over, s.AfterStart); err != nil && r.over.Err() == nil {
			fmt.Printf("crx-init: postStart of %s: %v\n", s.Name, err)
			c.kill(r)
			return
		}
	}
	if s.Startup != nil && !c.watch(r, s.Startup, func(good bool) bool {
		if !good {
			c.kill(r)
		}
		return true
	}) {
		return
	}
	if r.over.Err() != nil {
		return
	}
	c.startedUpOnce.Do(func() { close(c.startedUp) })
	if s.Liveness != nil {
		go c.watch(r, s.Liveness, func(good bool) bool {
			if !good {
				c.kill(r)
			}
			return !good
		})
	}
	if s.Readiness == nil {
		c.ready(r, true)
		return
	}
	c.watch(r, s.Readiness, func(good bool) bool {
		c.ready(r, good)
		return false
	})
}

func (c *container) ready(r *run, value bool) {
	if c.initial {
		return // Ready means success there.
	}
	c.set(func(s *containerState) {
		if r.over.Err() == nil && s.State == "running" {
			s.Ready = value
		}
	})
}

// kill ends a run that a probe has given up on; its restart policy decides what follows.
func (c *container) kill(r *run) {
	c.end(time.Now().Add(time.Duration(c.pod.specification.Grace * float64(time.Second))))
	if r.over.Err() == nil {
		_ = os.WriteFile(filepath.Join(r.group, "cgroup.kill"), []byte("1"), 0)
	}
}

// watch asks a probe again and again and tells of each verdict: so many successes or failures in a row. It ends when
// told answers true, and says whether the last verdict was good; at the run's end it ends with false.
func (c *container) watch(r *run, p *probe, told func(good bool) bool) bool {
	wait := func(t float64) bool {
		select {
		case <-time.After(time.Duration(t * float64(time.Second))):
			return true
		case <-r.over.Done():
			return false
		}
	}
	if !wait(p.Delay) {
		return false
	}
	successes, failures := 0, 0
	for {
		limit, cancel := context.WithTimeout(r.over, time.Duration(p.Timeout*float64(time.Second)))
		err := c.act(limit, &p.action)
		cancel()
		if r.over.Err() != nil {
			return false
		}
		if err == nil {
			successes, failures = successes+1, 0
		} else {
			successes, failures = 0, failures+1
			if failures == p.Failures {
				fmt.Printf("crx-init: probe of %s: %v\n", c.specification.Name, err)
			}
		}
		if (successes == p.Successes || failures == p.Failures) && told(err == nil) {
			return err == nil
		}
		if !wait(p.Period) {
			return false
		}
	}
}

// act does one action of a probe or a hook: nil means success.
func (c *container) act(limit context.Context, a *action) error {
	switch {
	case a.Exec != nil:
		return c.actExec(limit, a.Exec)
	case a.HTTP != nil:
		return actHTTP(limit, a.HTTP)
	case a.TCP != nil:
		connection, err := (&net.Dialer{}).DialContext(limit, "tcp", net.JoinHostPort(a.TCP.Host, strconv.Itoa(a.TCP.Port)))
		if err == nil {
			connection.Close()
		}
		return err
	default:
		select {
		case <-time.After(time.Duration(a.Sleep * float64(time.Second))):
		case <-limit.Done():
		}
		return nil
	}
}

func (c *container) actExec(limit context.Context, command []string) error {
	started, err := c.pod.enter(c.specification.Name, command, false, false, discard)
	if err != nil {
		return err
	}
	done := make(chan int, 1)
	go func() { done <- started.wait() }()
	select {
	case code := <-done:
		if code != 0 {
			return fmt.Errorf("%q ended with exit code %d", command, code)
		}
		return nil
	case <-limit.Done():
		_ = started.command.Process.Kill()
		return fmt.Errorf("%q: %w", command, limit.Err())
	}
}

func actHTTP(limit context.Context, a *httpAction) error {
	address := strings.ToLower(a.Scheme) + "://" + net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) + a.Path
	request, err := http.NewRequestWithContext(limit, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "kube-probe/1.33")
	for _, header := range a.Headers {
		if strings.EqualFold(header[0], "Host") {
			request.Host = header[1]
		} else {
			request.Header.Add(header[0], header[1])
		}
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		// As the kubelet: a probe asks whether it answers, not who it is.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode >= 400 {
		return fmt.Errorf("HTTP probe failed with statuscode: %d", answer.StatusCode)
	}
	return nil
}
