package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
)

// front is the one address of a Supervisor, as its load balancer is: /wcp goes to
// the login service, everything else to the kube-apiserver. Streams (watch, exec)
// pass through unbuffered.
func front(arguments []string) error {
	flags := flag.NewFlagSet("front", flag.ExitOnError)
	listen := flags.String("listen", "", "address and port to serve at")
	certificate := flags.String("tls-cert-file", "", "certificate to serve with")
	key := flags.String("tls-private-key-file", "", "its key")
	authority := flags.String("ca-file", "", "certificate authority of both backends")
	kubernetes := flags.String("kubernetes", "", "URL of the kube-apiserver")
	login := flags.String("login", "", "URL of the login service")
	faultsFile := flags.String("faults", "", "file that declares faults (default: none)")
	decisions := flags.String("fault-decisions", "", "URL that decides which requests meet a fault")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	pem, err := os.ReadFile(*authority)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("no certificate in %s", *authority)
	}
	// HTTP/1.1 to the backend: an upgraded connection (exec, port-forward) needs it.
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: pool},
		MaxIdleConnsPerHost: 256,
	}
	proxy := func(target string) (*httputil.ReverseProxy, error) {
		to, err := url.Parse(target)
		if err != nil {
			return nil, err
		}
		return &httputil.ReverseProxy{
			Rewrite:       func(request *httputil.ProxyRequest) { request.SetURL(to) },
			Transport:     transport,
			FlushInterval: -1,
		}, nil
	}
	toKubernetes, err := proxy(*kubernetes)
	if err != nil {
		return err
	}
	toLogin, err := proxy(*login)
	if err != nil {
		return err
	}
	declared := &faults{file: *faultsFile, decisions: *decisions, client: &http.Client{Transport: transport}}
	handler := http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if strings.HasPrefix(request.URL.Path, "/wcp/") {
			toLogin.ServeHTTP(writer, request)
		} else if !declared.meets(writer, request, toKubernetes) {
			toKubernetes.ServeHTTP(writer, request)
		}
	})
	return (&http.Server{Addr: *listen, Handler: handler}).ListenAndServeTLS(*certificate, *key)
}
