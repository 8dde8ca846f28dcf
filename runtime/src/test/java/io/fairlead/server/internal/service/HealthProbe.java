package io.fairlead.server.internal.service;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc.HealthImplBase;
import io.grpc.stub.StreamObserver;

/** Asks the health statuses directly, without a connection. */
public final class HealthProbe {
  private HealthProbe() {}

  public static ServingStatus status(HealthStatuses health, String service) {
    ServingStatus[] said = {ServingStatus.UNKNOWN};
    ((HealthImplBase) health.service())
        .check(
            HealthCheckRequest.newBuilder().setService(service).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(HealthCheckResponse answer) {
                said[0] = answer.getStatus();
              }

              @Override
              public void onError(Throwable failure) {
                throw new AssertionError(failure);
              }

              @Override
              public void onCompleted() {}
            });
    return said[0];
  }
}
