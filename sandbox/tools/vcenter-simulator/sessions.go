package main

import (
	"net/http"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// login is who may log in over SOAP, and with which password.
type login struct {
	username, password string
}

// accepts says whether a login is right, and spells its user as the inventory does, so that a session's user is known.
func (l login) accepts(request *types.Login) bool {
	if !strings.EqualFold(request.UserName, l.username) || request.Password != l.password {
		return false
	}
	request.UserName = l.username
	return true
}

// withoutSession is what vCenter answers where vcsim would let in whoever calls: tokens and certificates, which vcsim
// does not check, and reads of the inventory without a login.
func withoutSession(ctx *simulator.Context, method *simulator.Method) types.BaseMethodFault {
	if ctx.Session != nil {
		return nil
	}
	var specs []types.PropertyFilterSpec
	switch request := method.Body.(type) {
	case *types.LoginByToken, *types.LoginExtensionByCertificate:
		return &types.InvalidLogin{}
	case *types.RetrieveProperties:
		specs = request.SpecSet
	case *types.RetrievePropertiesEx:
		specs = request.SpecSet
	}
	for _, spec := range specs {
		for _, object := range spec.ObjectSet {
			// Clients look there for a session of theirs before they log in.
			if object.Obj.Type != "SessionManager" && object.Obj.Type != "ServiceInstance" {
				denied := types.NoPermission{Object: &method.This, PrivilegeId: "System.View"}
				return &types.NotAuthenticated{NoPermission: denied}
			}
		}
	}
	return nil
}

// handler is the registry's hook before each call.
type handler func(*simulator.Context, *simulator.Method) (mo.Reference, types.BaseMethodFault)

// authenticated refuses what withoutSession names, and has the next hook see the rest.
func authenticated(next handler) handler {
	return func(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
		if fault := withoutSession(ctx, method); fault != nil {
			return nil, fault
		}
		return next(ctx, method)
	}
}

// datastoreFiles asks of the datastores' files for a session or the password; vcsim gives them to everybody.
func datastoreFiles(next http.Handler, sessions *simulator.Context, who login) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if strings.HasPrefix(request.URL.Path, "/folder") && !who.sent(request, sessions) {
			answer.Header().Set("WWW-Authenticate", `Basic realm="VMware HTTP server"`)
			http.Error(answer, "authentication required", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(answer, request)
	})
}

// sent says whether a request is of a session of this user's, or brings the password.
func (l login) sent(request *http.Request, sessions *simulator.Context) bool {
	if name, password, given := request.BasicAuth(); given {
		return l.accepts(&types.Login{UserName: name, Password: password})
	}
	cookie, err := request.Cookie(soap.SessionCookieName)
	if err != nil {
		return false
	}
	question := &types.SessionIsActive{SessionID: cookie.Value, UserName: l.username}
	answer, ok := sessions.Map.SessionManager().SessionIsActive(sessions, question).(*methods.SessionIsActiveBody)
	return ok && answer.Res != nil && answer.Res.Returnval
}
