// The first and only program of a CRX machine's initramfs: it prepares the machine, takes the pod from the host over a
// virtio-serial port, and runs the pod's containers, each in an isolated root. See docs/crx.md.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// How the program calls itself for the second half of a container's start, inside the container's namespaces.
const becomeContainer = "crx-container"

func init() {
	// Capabilities and namespaces belong to a thread: main stays on the one that execs.
	runtime.LockOSThread()
}

func main() {
	if os.Args[0] == becomeContainer {
		enterContainer()
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "crx-init runs as the first process of a CRX machine")
		os.Exit(2)
	}
	debug.SetGCPercent(40)
	if err := runMachine(); err != nil {
		fmt.Println("crx-init:", err)
		// Give the console a moment: the host shows its last lines.
		time.Sleep(100 * time.Millisecond)
	}
	endMachine()
}

func runMachine() error {
	if err := prepareMachine(); err != nil {
		return err
	}
	channel, err := openChannel()
	if err != nil {
		return err
	}
	if err := channel.sayHello(); err != nil {
		return err
	}
	return serve(channel)
}
