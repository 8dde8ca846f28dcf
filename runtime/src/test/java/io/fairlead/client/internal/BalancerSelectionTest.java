package io.fairlead.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.fairlead.CallSettings;
import io.fairlead.EndpointSelector;
import io.fairlead.balance.BalancingOptions;
import io.fairlead.balance.EndpointSelectorHeader;
import io.fairlead.balance.internal.ServiceConfigReader;
import io.fairlead.client.RpcChannel;
import io.fairlead.contract.MethodContract;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.observe.AttemptOutcome;
import io.fairlead.observe.CallOutcome;
import io.fairlead.policy.BalancerSpec;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.PolicyField;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.StatusOr;
import io.grpc.internal.JsonParser;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who decides how the endpoint of a call is chosen, and which endpoints are wanted. */
@Timeout(120)
class BalancerSelectionTest {
  private final List<CallOutcome> outcomes = new CopyOnWriteArrayList<>();
  private ScriptedServer stable;
  private ScriptedServer canary;

  @BeforeEach
  void start() throws Exception {
    stable = ScriptedServer.start((n, call) -> call.reply("stable"));
    canary = ScriptedServer.start((n, call) -> call.reply("canary"));
  }

  @AfterEach
  void end() {
    stable.close();
    canary.close();
  }

  private RpcChannel.Builder channel() {
    Endpoint old = Endpoint.of("old", "127.0.0.1", stable.port());
    Endpoint plain = Endpoint.of("new", "127.0.0.1", canary.port());
    Endpoint tagged = plain.toBuilder().version("2").tags(Map.of("ring", "canary")).build();
    return RpcChannel.to("static:///echo")
        .registry(StaticRegistry.of("echo", old, tagged))
        .observer(outcomes::add);
  }

  private static MethodContract<StringValue, StringValue> say(MethodPolicy.Builder policy) {
    return ScriptedServer.say(
        policy.deadline(Duration.ofMinutes(1)).waitForReady(true).build(), true);
  }

  /** Why the endpoint of the last call was chosen. */
  private String choice() {
    List<AttemptOutcome> attempts = outcomes.get(outcomes.size() - 1).attempts();
    return attempts.get(attempts.size() - 1).pickReason();
  }

  @Test
  void channelBalancerIsTheDefault() {
    BalancingOptions inTurn =
        BalancingOptions.builder().balancer(BalancerSpec.of("round_robin")).build();
    try (RpcChannel channel = channel().balancing(inTurn).build()) {
      ScriptedServer.call(channel, say(MethodPolicy.builder()), "x");
      assertThat(choice()).startsWith("round_robin:");
      assertThat(outcomes.get(0).policy().describe(PolicyField.BALANCER))
          .isEqualTo("balancer the channel's (default)");
    }
    try (RpcChannel channel = channel().build()) {
      ScriptedServer.call(channel, say(MethodPolicy.builder()), "x");
      assertThat(choice()).startsWith("least_request:");
    }
  }

  @Test
  void theStrongerSourceDecidesAndMethodsShareTheConnections() {
    BalancingOptions inTurn =
        BalancingOptions.builder().balancer(BalancerSpec.of("round_robin")).build();
    MethodContract<StringValue, StringValue> contract =
        say(MethodPolicy.builder().balancer("maglev"));
    try (RpcChannel channel = channel().balancing(inTurn).build()) {
      ScriptedServer.call(channel, contract, "x");
      assertThat(choice()).startsWith("maglev:");
      ScriptedServer.call(channel, say(MethodPolicy.builder().balancer("peak_ewma")), "x");
      assertThat(choice()).startsWith("peak_ewma:");
      ScriptedServer.call(channel, say(MethodPolicy.builder()), "x");
      assertThat(choice()).startsWith("round_robin:");
      CallSettings own =
          CallSettings.builder().policy(MethodPolicy.builder().balancer("sticky").build()).build();
      ScriptedServer.call(channel.with(own), contract, "x");
      assertThat(choice()).startsWith("sticky:");
      for (ScriptedServer server : List.of(stable, canary)) {
        assertThat(server.seen.stream().map(call -> call.remote).distinct()).hasSizeLessThan(2);
      }
    }
    MethodPolicy random = MethodPolicy.builder().balancer("random").build();
    try (RpcChannel channel = channel().policy("*", random).build()) {
      ScriptedServer.call(channel, contract, "x");
      assertThat(choice()).startsWith("random:");
    }
  }

  @Test
  void resolverServiceConfigReplacesTheChannelsOptions() {
    Map<String, ?> config =
        Map.of(
            "loadBalancingConfig",
            List.of(
                Map.of("nobody_knows_this", Map.of()),
                Map.of("fairlead", Map.of("balancer", Map.of("random", Map.of())))));
    NameResolverProvider resolver = new Listed(config, stable.port());
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    try (RpcChannel channel =
        RpcChannel.to("listed:///echo")
            .balancing(BalancingOptions.builder().balancer(BalancerSpec.of("maglev")).build())
            .observer(outcomes::add)
            .build()) {
      assertThat(ScriptedServer.call(channel, say(MethodPolicy.builder()), "x"))
          .isEqualTo("stable");
      assertThat(choice()).startsWith("random:");
    } finally {
      NameResolverRegistry.getDefaultRegistry().deregister(resolver);
    }
  }

  /** The server wants a header with the watch, and its health is asked for strictly. */
  @Test
  void resolverServiceConfigLeavesStrictHealthAndWatchHeadersToTheChannel() {
    BalancingOptions strict =
        BalancingOptions.builder().strictHealth(true).watchHeader("x-token", "open").build();
    Map<String, ?> config =
        Map.of(
            "loadBalancingConfig",
            List.of(Map.of("fairlead", Map.of("balancer", Map.of("random", Map.of())))));
    NameResolverProvider resolver = new Listed(config, stable.port());
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    try (RpcChannel channel = RpcChannel.to("listed:///echo").balancing(strict).build()) {
      MethodPolicy impatient =
          MethodPolicy.builder().deadline(Duration.ofSeconds(30)).waitForReady(false).build();
      assertThatThrownBy(
              () -> ScriptedServer.call(channel, ScriptedServer.say(impatient, true), "x"))
          .hasMessageContaining("and strictHealth is on");
    } finally {
      NameResolverRegistry.getDefaultRegistry().deregister(resolver);
    }
  }

  @Test
  void resolverBalancerRunsInsideOurLoadBalancer() {
    BalancingOptions gated =
        BalancingOptions.builder()
            .balancer(BalancerSpec.of("maglev"))
            .endpointSelectorHeader(EndpointSelectorHeader.version("x-version"))
            .build();
    Map<String, String> choices =
        Map.of(
            "{\"loadBalancingConfig\": [{\"nobody_knows_this\": {}}, {\"round_robin\": {}}]}",
            "round_robin: next of",
            "{\"loadBalancingPolicy\": \"ROUND_ROBIN\"}",
            "round_robin: next of",
            "{\"loadBalancingConfig\": [{\"least_request\": {\"choices\": 3.0}}]}",
            "least_request: 0 in flight, least of 3 drawn",
            "{\"methodConfig\": []}",
            "maglev: call without a key");
    choices.forEach(
        // What the channel says of balancing besides stays, here the selector header.
        (config, reason) ->
            assertThat(choiceUnder(config, gated))
                .startsWith(reason)
                .endsWith("; none matches the selector"));
  }

  @Test
  void unsupportedServiceConfigIsLeftToGrpc() {
    assertThat(
            choiceUnder(
                "{\"loadBalancingConfig\": [{\"pick_first\": {\"shuffleAddressList\": true}}]}",
                BalancingOptions.DEFAULT))
        .isEmpty();
  }

  /** Why the endpoint of a call was chosen when the resolver brings this service config. */
  private String choiceUnder(String config, BalancingOptions balancing) {
    NameResolverProvider resolver = new Listed(json(config), stable.port());
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    Metadata wanted = new Metadata();
    wanted.put(Metadata.Key.of("x-version", Metadata.ASCII_STRING_MARSHALLER), "7");
    try (RpcChannel channel =
        RpcChannel.to("listed:///echo").balancing(balancing).observer(outcomes::add).build()) {
      Channel asking =
          ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(wanted));
      assertThat(ScriptedServer.call(asking, say(MethodPolicy.builder()), "x")).isEqualTo("stable");
      return choice();
    } finally {
      NameResolverRegistry.getDefaultRegistry().deregister(resolver);
    }
  }

  @SuppressWarnings("unchecked") // The config is an object.
  private static Map<String, ?> json(String text) {
    try {
      return (Map<String, ?>) JsonParser.parse(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aServiceConfigIsReadAsOptions() {
    Map<String, ?> known =
        Map.of(
            "loadBalancingConfig",
            List.of(
                Map.of("nobody_knows_this", Map.of()),
                Map.of("least_request", Map.of("choices", 3.0)),
                Map.of("round_robin", Map.of())));
    assertThat(ServiceConfigReader.read(known).balancer())
        .isEqualTo(new BalancerSpec("least_request", Map.of("choices", 3.0)));
    assertThat(
            ServiceConfigReader.read(
                Map.of("loadBalancingConfig", List.of(Map.of("fairlead", Map.of("subset", 7.0))))))
        .isEqualTo(BalancingOptions.builder().subset(7).build());
    assertThat(ServiceConfigReader.read(Map.of("methodConfig", List.of())))
        .isEqualTo(BalancingOptions.DEFAULT);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                ServiceConfigReader.read(
                    Map.of("loadBalancingConfig", List.of(Map.of("roundrobin", Map.of())))))
        .withMessageContaining("No balancer is named \"roundrobin\"; known are")
        .withMessageContaining("round_robin");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ServiceConfigReader.read(Map.of("loadBalancingConfig", List.of("round_robin"))))
        .withMessageContaining("service config.loadBalancingConfig is round_robin");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> ServiceConfigReader.read(Map.of("loadBalancingConfig", List.of(Map.of()))))
        .withMessageContaining("use one name with its parameters");
  }

  @Test
  void callSettingsSelectEndpoints() {
    MethodContract<StringValue, StringValue> say = say(MethodPolicy.builder());
    CallSettings toCanary =
        CallSettings.builder().endpointSelector(EndpointSelector.version("2")).build();
    CallSettings toRing =
        CallSettings.builder()
            .endpointSelector(new EndpointSelector("ring", "canary", true))
            .build();
    try (RpcChannel channel = channel().build()) {
      for (int i = 0; i < 20; i++) {
        // First the strict one, which waits until the canary is connected.
        assertThat(ScriptedServer.call(toRing.over(channel), say, "x")).isEqualTo("canary");
        assertThat(ScriptedServer.call(toCanary.over(channel), say, "x")).isEqualTo("canary");
      }
      CallSettings nowhere =
          CallSettings.builder().endpointSelector(EndpointSelector.version("3")).build();
      assertThat(ScriptedServer.call(nowhere.over(channel), say, "x")).isIn("stable", "canary");
      assertThat(choice()).endsWith("none matches the selector");
    }
  }

  @Test
  void requestHeaderSelectsEndpoints() {
    MethodContract<StringValue, StringValue> say = say(MethodPolicy.builder());
    BalancingOptions byHeader =
        BalancingOptions.builder()
            .balancer(BalancerSpec.of("round_robin"))
            .endpointSelectorHeader(
                EndpointSelectorHeader.builder("x-version").strict(true).build())
            .build();
    CallSettings toCanary = CallSettings.builder().header("x-version", "2").build();
    try (RpcChannel channel = channel().balancing(byHeader).build()) {
      for (int i = 0; i < 20; i++) {
        assertThat(ScriptedServer.call(toCanary.over(channel), say, "x")).isEqualTo("canary");
      }
      while (stable.seen.isEmpty()) {
        assertThat(ScriptedServer.call(channel, say, "x")).isIn("stable", "canary");
      }
    }
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                BalancingOptions.builder()
                    .endpointSelectorHeader(EndpointSelectorHeader.version("x version"))
                    .build())
        .withMessageContaining(
            "endpoint_selector_header.header is \"x version\"; use the name of a text");
  }

  /** Resolves to one address and brings a service config along. */
  static final class Listed extends NameResolverProvider {
    private final Map<String, ?> config;
    private final int port;

    Listed(Map<String, ?> config, int port) {
      this.config = config;
      this.port = port;
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
      if (!"listed".equals(target.getScheme())) {
        return null;
      }
      return new NameResolver() {
        @Override
        public String getServiceAuthority() {
          return "echo";
        }

        @Override
        public void start(Listener2 listener) {
          SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
          listener.onResult(
              ResolutionResult.newBuilder()
                  .setAddressesOrError(
                      StatusOr.fromValue(List.of(new EquivalentAddressGroup(address))))
                  .setServiceConfig(args.getServiceConfigParser().parseServiceConfig(config))
                  .build());
        }

        @Override
        public void shutdown() {}
      };
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public int priority() {
      return 5;
    }

    @Override
    public String getDefaultScheme() {
      return "listed";
    }

    @Override
    public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
      return Set.of(InetSocketAddress.class);
    }
  }
}
