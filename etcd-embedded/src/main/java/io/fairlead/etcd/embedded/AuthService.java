package io.fairlead.etcd.embedded;

import io.fairlead.etcd.embedded.api.AuthGrpc;
import io.fairlead.etcd.embedded.api.AuthenticateRequest;
import io.fairlead.etcd.embedded.api.AuthenticateResponse;
import io.grpc.stub.StreamObserver;

/** {@code etcdserverpb.Auth}: refuses like an etcd without authentication. */
final class AuthService extends AuthGrpc.AuthImplBase {
  @Override
  public void authenticate(
      AuthenticateRequest request, StreamObserver<AuthenticateResponse> observer) {
    observer.onError(EtcdErrors.AUTH_NOT_ENABLED.asRuntimeException());
  }
}
