// Package ferretdb stands in for the package of that name in FerretDB 1.24.0, which cannot ask for a password with
// SQLite: only its internal packages can. This one keeps one user, whose password is the one given at each start.
package ferretdb

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/FerretDB/FerretDB/internal/backends"
	"github.com/FerretDB/FerretDB/internal/backends/sqlite"
	"github.com/FerretDB/FerretDB/internal/clientconn"
	"github.com/FerretDB/FerretDB/internal/clientconn/conninfo"
	"github.com/FerretDB/FerretDB/internal/clientconn/connmetrics"
	"github.com/FerretDB/FerretDB/internal/handler/registry"
	"github.com/FerretDB/FerretDB/internal/handler/users"
	"github.com/FerretDB/FerretDB/internal/util/password"
	"github.com/FerretDB/FerretDB/internal/util/state"
)

const usersDatabase = "admin"

// Config says where to listen, where the data lies, and who may come in.
type Config struct {
	Address   string // such as :27017
	Directory string // of the SQLite files; it must exist
	Username  string
	Password  string
}

// Run serves until the context ends.
func Run(ctx context.Context, config Config) error {
	provider, err := state.NewProvider("")
	if err != nil {
		return err
	}
	err = provider.Update(func(s *state.State) {
		s.DisableTelemetry()
		s.TelemetryLocked = true
	})
	if err != nil {
		return err
	}
	uri := "file:" + config.Directory + "/"
	if err := setUser(ctx, config, uri, provider); err != nil {
		return fmt.Errorf("cannot set the user: %w", err)
	}
	metrics := connmetrics.NewListenerMetrics()
	handler, closeBackend, err := registry.NewHandler("sqlite", &registry.NewHandlerOpts{
		Logger:        slog.Default(),
		ConnMetrics:   metrics.ConnMetrics,
		StateProvider: provider,
		TCPHost:       config.Address,
		SQLiteURL:     uri,
		TestOpts:      registry.TestOpts{EnableNewAuth: true, CappedCleanupPercentage: 10, BatchSize: 100},
	})
	if err != nil {
		return err
	}
	defer closeBackend()
	listener, err := clientconn.Listen(&clientconn.NewListenerOpts{
		TCP:     config.Address,
		Mode:    clientconn.NormalMode,
		Metrics: metrics,
		Handler: handler,
		Logger:  slog.Default(),
	})
	if err != nil {
		return err
	}
	listener.Run(ctx)
	return nil
}

// setUser makes the user anew, before anybody can connect.
func setUser(ctx context.Context, config Config, uri string, provider *state.Provider) error {
	backend, err := sqlite.NewBackend(&sqlite.NewBackendParams{
		URI: uri, L: slog.Default(), P: provider, BatchSize: 100,
	})
	if err != nil {
		return err
	}
	defer backend.Close()
	info := conninfo.New()
	info.SetBypassBackendAuth()
	ctx = conninfo.Ctx(ctx, info)
	database, err := backend.Database(usersDatabase)
	if err != nil {
		return err
	}
	collection, err := database.Collection("system.users")
	if err != nil {
		return err
	}
	id := usersDatabase + "." + config.Username
	if _, err := collection.DeleteAll(ctx, &backends.DeleteAllParams{IDs: []any{id}}); err != nil {
		return err
	}
	return users.CreateUser(ctx, backend, &users.CreateUserParams{
		Database: usersDatabase,
		Username: config.Username,
		Password: password.WrapPassword(config.Password),
	})
}
