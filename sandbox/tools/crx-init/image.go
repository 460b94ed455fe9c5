package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// images unpacks each image once; containers have an overlay over it.
type images struct {
	mutex    sync.Mutex
	unpacked map[string]string
}

// folder is where an image lies unpacked. Its layers are disks, named by serial number.
func (i *images) folder(layers []string) (string, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	key := strings.Join(layers, "+")
	if folder, found := i.unpacked[key]; found {
		return folder, nil
	}
	folder := filepath.Join(runFolder, "images", fmt.Sprint(len(i.unpacked)))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for _, layer := range layers {
		path, err := disk(layer)
		if err != nil {
			return "", err
		}
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		err = inRoot(folder, func() error { return unpack(file) })
		file.Close()
		if err != nil {
			return "", fmt.Errorf("layer %s: %w", layer, err)
		}
	}
	if i.unpacked == nil {
		i.unpacked = map[string]string{}
	}
	i.unpacked[key] = folder
	return folder, nil
}

// unpack writes a layer, a tar file that may be compressed by gzip, over what is there.
func unpack(layer io.Reader) error {
	buffered := bufio.NewReaderSize(layer, 1<<20)
	var source io.Reader = buffered
	if start, _ := buffered.Peek(2); bytes.Equal(start, []byte{0x1f, 0x8b}) {
		decompressed, err := gzip.NewReader(buffered)
		if err != nil {
			return err
		}
		// The disk is longer than the file: zeros follow.
		decompressed.Multistream(false)
		source = decompressed
	}
	archive := tar.NewReader(source)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(archive, header); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func unpackEntry(content io.Reader, header *tar.Header) error {
	name := filepath.Clean("/" + header.Name)
	if name == "/" {
		return nil
	}
	parent, base := filepath.Split(name)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	// Whiteouts of the OCI image specification: what an upper layer takes away.
	if base == ".wh..wh..opq" {
		return emptyFolder(parent)
	}
	if hidden, found := strings.CutPrefix(base, ".wh."); found {
		return os.RemoveAll(filepath.Join(parent, hidden))
	}
	if there, err := os.Lstat(name); err == nil && !(there.IsDir() && header.Typeflag == tar.TypeDir) {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	mode := uint32(header.Mode & 0o7777)
	var err error
	switch header.Typeflag {
	case tar.TypeDir:
		err = os.MkdirAll(name, 0o755)
	case tar.TypeReg:
		err = writeFile(name, content)
	case tar.TypeSymlink:
		if err := os.Symlink(header.Linkname, name); err != nil {
			return err
		}
		return os.Lchown(name, header.Uid, header.Gid)
	case tar.TypeLink:
		return os.Link(filepath.Clean("/"+header.Linkname), name)
	case tar.TypeFifo:
		err = syscall.Mkfifo(name, mode)
	default:
		// Devices are the runtime's business, and nothing else is in an image.
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Lchown(name, header.Uid, header.Gid); err != nil {
		return err
	}
	return syscall.Chmod(name, mode)
}

// inRoot does work with folder as its root, so that no link in an image leads out of it.
func inRoot(folder string, work func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread with the other root ends with this goroutine.
		runtime.LockOSThread()
		err := syscall.Unshare(syscall.CLONE_FS)
		if err == nil {
			err = syscall.Chroot(folder)
		}
		if err == nil {
			err = syscall.Chdir("/")
		}
		if err == nil {
			err = work()
		}
		done <- err
	}()
	return <-done
}

func writeFile(path string, content io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, content); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func emptyFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
