package io.fairlead.server.internal.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.lifecycle.BuiltInService;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who sees which of the services that a server offers about itself: each method of each. */
class BuiltInServicesAccessTest {
  private static final Set<BuiltInService> ALL = EnumSet.allOf(BuiltInService.class);
  private static final String LOCAL = "127.0.0.1";
  private static final String REMOTE = "10.0.0.7";

  /** Returns what a peer is told by each method; null for one that begins to serve it. */
  private static Map<String, @Nullable Status> ask(String peer, Set<BuiltInService> exposed) {
    Map<String, @Nullable Status> answers = new TreeMap<>();
    List<ServerServiceDefinition> services =
        BuiltInServices.of(ALL, exposed, new HealthStatuses(List.of()));
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        String name = method.getMethodDescriptor().getFullMethodName();
        answers.put(name, start(method, new InetSocketAddress(peer, 4711)));
      }
    }
    return answers;
  }

  private static <Q, R> @Nullable Status start(
      ServerMethodDefinition<Q, R> method, InetSocketAddress peer) {
    PeerCall<Q, R> call = new PeerCall<>(method.getMethodDescriptor(), peer);
    try {
      ServerCall.Listener<Q> unused = method.getServerCallHandler().startCall(call, new Metadata());
    } catch (NullPointerException reached) {
      // Reflection asks for the server that runs it, and there is none: it was not kept from that.
      assertThat(reached).hasMessageContaining("\"server\" is null");
    }
    return call.closed;
  }

  private static final class PeerCall<Q, R> extends ServerCall<Q, R> {
    private final MethodDescriptor<Q, R> method;
    private final InetSocketAddress peer;
    private @Nullable Status closed;

    PeerCall(MethodDescriptor<Q, R> method, InetSocketAddress peer) {
      this.method = method;
      this.peer = peer;
    }

    @Override
    public void request(int count) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(R message) {}

    @Override
    public void close(Status status, Metadata trailers) {
      closed = status;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public Attributes getAttributes() {
      return Attributes.newBuilder().set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, peer).build();
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
      return method;
    }
  }

  @Test
  void aPeerOfAnotherMachineSeesNoSchemaAndNoConnectionsAndIsToldTheSetting() {
    Map<String, @Nullable Status> answers = ask(REMOTE, Set.of());
    assertThat(answers).hasSizeGreaterThan(8);
    answers.forEach(
        (method, status) -> {
          if (method.startsWith("grpc.health.")) {
            // Probes and the clients of a fleet follow it.
            assertThat(status).as(method).isNull();
          } else {
            String service = method.startsWith("grpc.channelz.") ? "CHANNELZ" : "REFLECTION";
            assertThat(status)
                .as(method)
                .isNotNull()
                .satisfies(
                    told -> {
                      assertThat(told.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                      assertThat(told.getDescription())
                          .endsWith("exposeBuiltInServices(BuiltInService." + service + ")");
                    });
          }
        });
    assertThat(answers)
        .containsKeys(
            "grpc.health.v1.Health/Watch",
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            "grpc.channelz.v1.Channelz/GetServerSockets");
  }

  @Test
  void aToolOnTheMachineSeesAllOfThem() {
    assertThat(ask(LOCAL, Set.of()).values()).containsOnlyNulls();
  }

  @Test
  void whatIsExposedIsSeenFromAnywhereAndNothingElse() {
    Map<String, @Nullable Status> answers = ask(REMOTE, Set.of(BuiltInService.REFLECTION));
    answers.forEach(
        (method, status) -> {
          if (method.startsWith("grpc.channelz.")) {
            assertThat(status).as(method).isNotNull();
          } else {
            assertThat(status).as(method).isNull();
          }
        });
  }
}
