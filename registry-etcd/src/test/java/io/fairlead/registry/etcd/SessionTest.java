package io.fairlead.registry.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ConnectivityState;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SessionTest {
  private final StatedChannel channel = new StatedChannel();
  private final Session session = new Session("http://127.0.0.1:1", channel);
  private final AtomicInteger lost = new AtomicInteger();

  @AfterEach
  void close() {
    session.close();
  }

  @Test
  void aConnectionThatWasAnsweredBeforeItSaidThatItIsReadyIsNotLost() {
    channel.become(ConnectivityState.CONNECTING);
    session.whenLost(lost::incrementAndGet);
    channel.become(ConnectivityState.READY);
    assertThat(lost).hasValue(0);

    channel.become(ConnectivityState.IDLE);
    assertThat(lost).hasValue(1);
    channel.become(ConnectivityState.CONNECTING);
    assertThat(lost).hasValue(1);
  }

  @Test
  void oneThatFailsToBecomeReadyIsLost() {
    channel.become(ConnectivityState.CONNECTING);
    session.whenLost(lost::incrementAndGet);
    channel.become(ConnectivityState.TRANSIENT_FAILURE);
    assertThat(lost).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"IDLE", "TRANSIENT_FAILURE", "SHUTDOWN"})
  void oneThatIsNotReadyAnyMoreIsLost(ConnectivityState state) {
    channel.become(state);
    session.whenLost(lost::incrementAndGet);
    assertThat(lost).hasValue(1);
  }

  /** A channel whose state is the test's. */
  private static final class StatedChannel extends ForwardingManagedChannel {
    private ConnectivityState state = ConnectivityState.IDLE;
    private Runnable callback = () -> {};

    StatedChannel() {
      super(NettyChannelBuilder.forTarget("127.0.0.1:1").build());
    }

    void become(ConnectivityState next) {
      state = next;
      Runnable waiting = callback;
      callback = () -> {};
      waiting.run();
    }

    @Override
    public ConnectivityState getState(boolean requestConnection) {
      return state;
    }

    @Override
    public void notifyWhenStateChanged(ConnectivityState source, Runnable changed) {
      assertThat(source).isEqualTo(state);
      callback = changed;
    }
  }
}
