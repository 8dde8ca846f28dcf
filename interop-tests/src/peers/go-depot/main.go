// Program depot is the contract depot.v1 in Go, on the stock libraries: a server, and a client that runs the
// cases of the matrix.
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func(args []string) error{
		"serve": serve,
		"call":  call,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: depot serve|call [flags]")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "depot "+os.Args[1]+":", err)
		os.Exit(1)
	}
}
