package io.fairlead.etcd.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * What every etcd does, seen through its API. The same suite runs against the embedded one and
 * against real ones, so that they cannot drift apart.
 */
interface EtcdApiContract {
  EtcdClient client();

  /** A key that no other test uses. */
  String key(String name);

  /** Asserts code and text of an error: clients tell errors apart by both. */
  default void assertRefused(Runnable call, Status.Code code, String text) {
    Throwable thrown = catchThrowable(call::run);
    assertThat(thrown).isInstanceOf(StatusRuntimeException.class);
    Status status = ((StatusRuntimeException) thrown).getStatus();
    assertThat(status.getCode()).isEqualTo(code);
    assertThat(status.getDescription()).isEqualTo(text);
  }
}
