package io.fairlead.client.internal;

import static io.fairlead.contract.EchoLoopback.number;
import static io.fairlead.contract.EchoLoopback.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Int64Value;
import com.google.protobuf.StringValue;
import io.fairlead.CallContext;
import io.fairlead.CallSettings;
import io.fairlead.Source;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.Echo;
import io.fairlead.contract.EchoRpc;
import io.fairlead.contract.MethodContract;
import io.fairlead.contract.client.ClientCalls;
import io.fairlead.discovery.InMemoryRegistry;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.server.RpcServer;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The key, the endpoint, the authority and the patience that a call asks for. */
@Timeout(120)
class EndpointSelectionTest {
  private static final int SERVERS = 3;
  private static final MethodPolicy HASHED =
      MethodPolicy.builder().balancer("consistent_hash").build();

  /** As {@link EchoRpc#COUNT}, with a key. */
  private static final MethodContract<Int64Value, Int64Value> COUNT =
      MethodContract.serverStreaming(
              EchoRpc.SERVICE_NAME,
              "Count",
              Int64Value.getDefaultInstance(),
              Int64Value.getDefaultInstance())
          .policy(HASHED)
          .hashKey(Int64Value::getValue)
          .build();

  private static final Metadata.Key<String> SESSION =
      Metadata.Key.of("x-session", Metadata.ASCII_STRING_MARSHALLER);

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<RpcServer> servers = new ArrayList<>();
  private final RpcChannel channel = RpcChannel.to("memory:///echo").registry(registry).build();

  /** Answers with its number, or the authority that it was called by. */
  private record Named(int id) implements Echo {
    @Override
    public StringValue say(StringValue request) {
      return request.getValue().equals("authority")
          ? text(CallContext.current().authority().orElse(""))
          : text(Integer.toString(id));
    }

    @Override
    public Source<Int64Value> count(Int64Value request) {
      return Source.of(number(id));
    }
  }

  private RpcServer serve(int number) {
    return RpcServer.builder("echo")
        .host("127.0.0.1")
        .service(EchoRpc.bind(new Named(number)))
        .registry(registry)
        .timeouts(timeouts -> timeouts.deregistrationDelay(Duration.ZERO))
        .start();
  }

  @BeforeEach
  void start() {
    for (int i = 0; i < SERVERS; i++) {
      servers.add(serve(i));
    }
    // Until every connection stands, a key may be served by the neighbour of its endpoint.
    Set<String> seen = new HashSet<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (seen.size() < SERVERS && System.nanoTime() - end < 0) {
      seen.add(EchoRpc.client(channel).say(text("who")).getValue());
    }
    assertThat(seen).hasSize(SERVERS);
  }

  @AfterEach
  void stop() {
    channel.close();
    servers.forEach(RpcServer::close);
    registry.close();
  }

  /** Calls one endpoint by its name, and so waits until it is connected. */
  private static List<Long> ask(RpcChannel channel, RpcServer server) {
    String endpoint = "127.0.0.1:" + server.port();
    return count(channel.with(CallSettings.builder().endpoint(endpoint).build()));
  }

  /** A call whose contract has no key. */
  private static List<Long> count(Channel channel) {
    return EchoRpc.client(channel).count(number(0)).map(Int64Value::getValue).toList();
  }

  private Set<Long> answersTo(long key) {
    Set<Long> from = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      ClientCalls.over(channel)
          .serverStreaming(COUNT, number(key))
          .toList()
          .forEach(answer -> from.add(answer.getValue()));
    }
    return from;
  }

  @Test
  void hashKeyOfAServerStreamChoosesTheEndpoint() {
    Set<Long> used = new HashSet<>();
    for (long key = 0; key < 50; key++) {
      Set<Long> from = answersTo(key);
      assertThat(from).as("endpoints for key %s", key).hasSize(1);
      used.addAll(from);
    }
    assertThat(used).as("all keys together").hasSizeGreaterThan(1);
  }

  @Test
  void theHashKeyOfTheSettingsReplacesTheContracts() {
    CallSettings settings = CallSettings.builder().hashKey("ann").policy(HASHED).build();
    Set<String> from = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      from.add(EchoRpc.client(channel.with(settings)).say(text("key " + i)).getValue());
    }
    assertThat(from).hasSize(1);
  }

  @Test
  void theHashKeyOfAHeaderServesCallsThatBringNone() {
    BalancingOptions byHeader =
        BalancingOptions.builder()
            .balancer(BalancerSpec.of("consistent_hash"))
            .keyHeader("x-session")
            .build();
    try (RpcChannel keyed =
        RpcChannel.to("memory:///echo").registry(registry).balancing(byHeader).build()) {
      servers.forEach(server -> assertThat(ask(keyed, server)).isNotEmpty());
      Set<Long> used = new HashSet<>();
      for (int session = 0; session < 50; session++) {
        Metadata headers = new Metadata();
        headers.put(SESSION, "session " + session);
        Channel asking =
            ClientInterceptors.intercept(keyed, MetadataUtils.newAttachHeadersInterceptor(headers));
        Set<Long> from = new HashSet<>();
        for (int i = 0; i < 20; i++) {
          from.addAll(count(asking));
        }
        assertThat(from).as("endpoints for session %s", session).hasSize(1);
        used.addAll(from);
      }
      assertThat(used).as("all sessions together").hasSizeGreaterThan(1);
    }
  }

  @Test
  void theAuthorityOfTheSettingsReachesTheServer() {
    CallSettings settings = CallSettings.builder().authority("shelf-7.internal").build();
    assertThat(EchoRpc.client(channel.with(settings)).say(text("authority")))
        .isEqualTo(text("shelf-7.internal"));
  }

  @Test
  void onlyTheEndpointOfTheSettingsIsCalled() {
    for (int i = 0; i < SERVERS; i++) {
      CallSettings settings =
          CallSettings.builder().endpoint("127.0.0.1:" + servers.get(i).port()).build();
      for (int n = 0; n < 5; n++) {
        assertThat(EchoRpc.client(channel.with(settings)).say(text("who")))
            .isEqualTo(text(Integer.toString(i)));
      }
    }
  }

  @Test
  void aCallThatWaitsForReadyIsAnsweredByAServerThatComesLater() throws Exception {
    servers.forEach(RpcServer::close);
    servers.clear();
    CallSettings patient = CallSettings.builder().waitForReady(true).build();
    CompletableFuture<StringValue> answer =
        EchoRpc.asyncClient(channel.with(patient)).say(text("who")).toCompletableFuture();
    servers.add(serve(7));
    assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(text("7"));
  }
}
