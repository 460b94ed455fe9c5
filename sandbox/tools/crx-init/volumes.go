package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// volumes are the pod's; each container mounts those that it names.
type volumes struct {
	mutex sync.Mutex
}

func (v *volumes) path(name string) string {
	return filepath.Join(runFolder, "volumes", name)
}

// prepare makes all volumes.
func (v *volumes) prepare(specifications []volumeSpecification) error {
	for i := range specifications {
		if err := v.prepareOne(&specifications[i]); err != nil {
			return fmt.Errorf("volume %s: %w", specifications[i].Name, err)
		}
	}
	return nil
}

func (v *volumes) prepareOne(one *volumeSpecification) error {
	path := v.path(one.Name)
	if one.Disk != "" {
		device, err := disk(one.Disk)
		if err != nil {
			return err
		}
		if err := mountAll([]mount{{device, path, "ext4", syscall.MS_NOSUID | syscall.MS_NODEV, ""}}); err != nil {
			return err
		}
	} else {
		options := "mode=0777"
		if one.Files != nil && !one.Writable {
			options = "mode=0755"
		}
		if one.Size > 0 {
			options += ",size=" + strconv.FormatInt(one.Size, 10)
		}
		if err := mountAll([]mount{{"tmpfs", path, "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, options}}); err != nil {
			return err
		}
	}
	if one.Group != nil && one.Files == nil {
		if err := os.Chown(path, -1, *one.Group); err != nil {
			return err
		}
		if err := os.Chmod(path, 0o775|os.ModeSetgid); err != nil {
			return err
		}
	}
	return v.write(one)
}

// update replaces the files of volumes whose ConfigMap or Secret has changed.
func (v *volumes) update(specifications []volumeSpecification) error {
	for i := range specifications {
		if err := v.write(&specifications[i]); err != nil {
			return fmt.Errorf("volume %s: %w", specifications[i].Name, err)
		}
	}
	return nil
}

// write puts a volume's files in place as the kubelet does: real files in a folder of their own, to which the link
// ..data leads, so that one rename changes them all.
func (v *volumes) write(one *volumeSpecification) error {
	if one.Files == nil {
		return nil
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	folder := v.path(one.Name)
	before, _ := os.Readlink(filepath.Join(folder, "..data"))
	data, err := os.MkdirTemp(folder, "..data_")
	if err != nil {
		return err
	}
	if err := os.Chmod(data, 0o755); err != nil {
		return err
	}
	tops := map[string]bool{}
	for _, file := range one.Files {
		relative := filepath.Clean("/" + file.Path)
		path := filepath.Join(data, relative)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := file.Mode
		if one.Group != nil {
			mode |= (mode & 0o400) >> 3 // readable by the pod's group, as the kubelet does
		}
		if err := os.WriteFile(path, file.Content, 0o600); err != nil {
			return err
		}
		if err := syscall.Chmod(path, mode); err != nil {
			return err
		}
		if one.Group != nil {
			if err := os.Chown(path, -1, *one.Group); err != nil {
				return err
			}
		}
		tops[firstPart(relative)] = true
	}
	next := filepath.Join(folder, "..data_next")
	if err := os.Symlink(filepath.Base(data), next); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(folder, "..data")); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasPrefix(name, "..") && !tops[name] {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	for top := range tops {
		err := os.Symlink(filepath.Join("..data", top), filepath.Join(folder, top))
		if err != nil && !os.IsExist(err) {
			return err
		}
	}
	if before != "" {
		return os.RemoveAll(filepath.Join(folder, before))
	}
	return nil
}

func firstPart(path string) string {
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(path) {
		path = dir
	}
	return filepath.Base(path)
}

// part is a file or folder in a volume, made as a folder where it is missing; links stay in the volume.
func (v *volumes) part(volume, name string) (string, error) {
	var real string
	err := inRoot(volume, func() error {
		path := filepath.Clean("/" + name)
		if _, err := os.Stat(path); os.IsNotExist(err) {
			if err := os.MkdirAll(path, 0o777); err != nil {
				return err
			}
		}
		var err error
		real, err = filepath.EvalSymlinks(path)
		return err
	})
	return filepath.Join(volume, real), err
}
