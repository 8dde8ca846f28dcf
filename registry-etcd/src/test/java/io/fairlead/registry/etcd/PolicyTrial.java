package io.fairlead.registry.etcd;

import io.fairlead.client.RpcChannel;
import io.fairlead.policy.ConcurrencyLimits;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.ResolvedPolicy;
import io.fairlead.server.RpcServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** An operator who changes live policies in a world, and channels that take them. */
final class PolicyTrial implements AutoCloseable {
  static final String PING = "test.Ping/Ping";
  static final String SERVICE = "test.Ping";

  private final World world;

  /** Behind the proxy, as its processes are. */
  private final EtcdRegistry registry;

  /** Of the operator, whom no fault of the proxy reaches. */
  private final EtcdRegistry direct;

  private final EtcdPolicies policies;

  private final List<RpcChannel> channels = new ArrayList<>();
  private final List<RpcServer> servers = new ArrayList<>();

  PolicyTrial(World world) {
    this.world = world;
    this.registry = world.registry();
    this.direct = world.direct();
    this.policies = direct.policies();
  }

  World world() {
    return world;
  }

  EtcdRegistry registry() {
    return registry;
  }

  EtcdPolicies policies() {
    return policies;
  }

  <T> T get(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    world.soon("answered", future::isDone);
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Breaks etcd, and waits until everybody has noticed, and is linked again. */
  void breakEtcd(Runnable fault, Duration limit) {
    long ours = registry.health().linkLosses();
    long operators = direct.health().linkLosses();
    fault.run();
    world.soon(
        "loss noticed",
        () -> registry.health().linkLosses() > ours && direct.health().linkLosses() > operators);
    world.within(limit, "linked", () -> registry.health().linked() && direct.health().linked());
  }

  static PolicyChange.Builder change(PolicyTarget target, String patch) {
    return PolicyChange.builder(target).patch(patch).author("ann").reason("slow disk");
  }

  PolicySet set(PolicyTarget target, String patch) {
    return get(policies.change(change(target, patch).build()));
  }

  PolicySet set(String name, String patch) {
    return set(PolicyTarget.of(name), patch);
  }

  /** Sets the deadline of the ping. */
  PolicySet deadline(String deadline) {
    return set(PING, "{\"deadline\":\"" + deadline + "\"}");
  }

  /** A source that has heard of etcd. */
  EtcdPolicySource source(String id, UnaryOperator<EtcdPolicySource.Builder> settings) {
    EtcdPolicySource source = settings.apply(registry.policySource(id)).open();
    get(source.ready());
    return source;
  }

  EtcdPolicySource source(String id) {
    return source(id, builder -> builder);
  }

  RpcChannel channel(EtcdPolicySource source) {
    RpcChannel channel =
        RpcChannel.to("127.0.0.1:1")
            .service(Ping.service().getServiceDescriptor())
            .livePolicies(source)
            .build();
    channels.add(channel);
    return channel;
  }

  /** A server of the ping that takes its limits live. */
  RpcServer server(EtcdPolicySource source, UnaryOperator<ConcurrencyLimits.Builder> limits) {
    RpcServer server =
        RpcServer.builder("ping")
            .host("127.0.0.1")
            .service(Ping.service())
            .limits(limits)
            .livePolicies(source)
            .timeouts(timeouts -> timeouts.drainTimeout(Duration.ZERO))
            .start();
    servers.add(server);
    return server;
  }

  RpcServer server(EtcdPolicySource source) {
    return server(source, limits -> limits);
  }

  /** What an explanation would say of the deadline. */
  static String deadline(RpcChannel channel) {
    ResolvedPolicy policy = channel.policies().get(PING);
    return policy == null ? "unknown" : policy.describe(PolicyField.DEADLINE);
  }

  static boolean has(RpcChannel channel, String deadline) {
    return deadline(channel).startsWith("deadline " + deadline + " ");
  }

  void awaitDeadline(RpcChannel channel, String deadline) {
    world.soon("the deadline is " + deadline, () -> has(channel, deadline));
  }

  List<PolicyReport> reports() {
    return get(policies.reports(SERVICE));
  }

  void awaitReport(PolicyReport... wanted) {
    world.soon("reported: " + List.of(wanted), () -> reports().equals(List.of(wanted)));
  }

  /** After a fault, which may have cost the lease. */
  void awaitReportOnAnyLease(PolicyReport wanted) {
    world.within(world.ttl(), "reported: " + wanted, () -> reports().equals(List.of(wanted)));
  }

  /** A process with this id that is nothing more in particular. */
  static PolicyReport report(String id, long revision, int rules, long refused, String reason) {
    return new PolicyReport(id, "", "", "", revision, rules, refused, reason);
  }

  @Override
  public void close() {
    channels.forEach(RpcChannel::close);
    servers.forEach(RpcServer::close);
    world.close();
  }
}
