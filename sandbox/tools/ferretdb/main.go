// The sandbox's stand-in for mongod: FerretDB with SQLite. ferretdb ADDRESS DIRECTORY; the user's name and password
// come in the variables that MongoDB's own image reads.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: ferretdb ADDRESS DIRECTORY")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := ferretdb.Run(ctx, ferretdb.Config{
		Address:   os.Args[1],
		Directory: os.Args[2],
		Username:  os.Getenv("MONGO_INITDB_ROOT_USERNAME"),
		Password:  os.Getenv("MONGO_INITDB_ROOT_PASSWORD"),
	})
	if err != nil {
		log.Fatal(err)
	}
}
