package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// faults has requests to the kube-apiserver go wrong as the sandbox's daemon decides.
// It is asked only while its file declares faults of the Kubernetes API.
type faults struct {
	file, decisions string
	client          *http.Client
	lock            sync.Mutex
	seen            os.FileInfo
	declared        bool
}

// decision is what happens to one request; without an effect it is answered as always, after the delay.
type decision struct {
	Delay   float64
	Effect  string // fail (with the status, headers and body that follow), hang or lose
	Status  int
	Headers map[string]string
	Body    json.RawMessage
}

// meets says whether the request has come to its end here.
func (f *faults) meets(writer http.ResponseWriter, request *http.Request, next http.Handler) bool {
	if !f.any() {
		return false
	}
	query := url.Values{"method": {request.Method}, "path": {request.URL.Path}}
	answer, err := f.client.Get(f.decisions + "?" + query.Encode())
	if err != nil {
		log.Printf("no decision about faults: %s", err)
		return false
	}
	defer answer.Body.Close()
	var decided decision
	if err := json.NewDecoder(answer.Body).Decode(&decided); err != nil {
		log.Printf("no decision about faults: %s", err)
		return false
	}
	time.Sleep(time.Duration(decided.Delay * float64(time.Second)))
	switch decided.Effect {
	case "fail":
		for name, value := range decided.Headers {
			writer.Header().Set(name, value)
		}
		writer.WriteHeader(decided.Status)
		_, _ = writer.Write(decided.Body)
	case "hang":
		_, _ = io.Copy(io.Discard, request.Body)
		<-request.Context().Done()
	case "lose":
		next.ServeHTTP(nowhere{http.Header{}}, request)
		panic(http.ErrAbortHandler) // net/http then closes the connection
	default:
		return false
	}
	return true
}

// any says whether the file, read again when it has changed, declares faults of the Kubernetes API.
func (f *faults) any() bool {
	now, err := os.Stat(f.file)
	if err != nil {
		return false
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.seen == nil || !os.SameFile(now, f.seen) || !now.ModTime().Equal(f.seen.ModTime()) {
		text, err := os.ReadFile(f.file)
		f.seen, f.declared = now, err == nil && bytes.Contains(text, []byte(`"kubernetes"`))
	}
	return f.declared
}

// nowhere is an answer that is lost.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header          { return n.header }
func (nowhere) Write(data []byte) (int, error) { return len(data), nil }
func (nowhere) WriteHeader(int)                {}
