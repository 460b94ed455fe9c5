// In place of client-go's generated informers/generic.go, which brings the informers of all typed objects: a tenth of
// this program's build. What dynamic informers need of the package is this interface.
package informers

import "k8s.io/client-go/tools/cache"

// GenericInformer is a shared informer, and its lister.
type GenericInformer interface {
	Informer() cache.SharedIndexInformer
	Lister() cache.GenericLister
}
