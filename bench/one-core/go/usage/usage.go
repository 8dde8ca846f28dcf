// Package usage answers the questions of bench/one-core/run, as the Java servers of the bench do.
package usage

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
)

// Answer prints the port of a server. Then it answers each line on the standard input with what the process has
// allocated so far, and returns when the input ends.
func Answer(listener net.Listener) {
	fmt.Printf("@port=%d\n", listener.Addr().(*net.TCPAddr).Port)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		fmt.Printf("@cpu=0 allocated=%d compiling=0\n", memory.TotalAlloc)
	}
}
