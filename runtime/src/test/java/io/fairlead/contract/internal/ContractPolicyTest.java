package io.fairlead.contract.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.UnknownFieldSet;
import io.fairlead.client.RpcChannel;
import io.fairlead.options.Live;
import io.fairlead.options.LiveBounds;
import io.fairlead.options.LiveHedging;
import io.fairlead.options.LiveRetry;
import io.fairlead.options.NumberBounds;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import io.fairlead.options.TimeBounds;
import io.fairlead.policy.HedgingPolicy;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.policy.MutablePolicySource;
import io.fairlead.policy.PolicyField;
import io.fairlead.policy.RetryPolicy;
import io.fairlead.testkit.LogCapture;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Policies of stock stubs, from the options in their schema. */
class ContractPolicyTest {
  private static final ByteString THREE_SECONDS =
      Policy.newBuilder().setDeadline("3s").build().toByteString();

  @Test
  void anOptionOfOursIsRead() throws Exception {
    assertThat(
            ContractPolicy.of(method(THREE_SECONDS, OptionsProto.getDescriptor()))
                .policy()
                .deadline())
        .contains(Duration.ofSeconds(3));
  }

  @Test
  void anOptionOfAnotherProjectWithOurNumberDoesNotBecomeADeadline() throws Exception {
    assertThat(ContractPolicy.of(method(THREE_SECONDS)).policy().deadline()).isEmpty();
  }

  @Test
  void anOptionOfAnotherProjectThatIsNoPolicyDoesNoHarm() throws Exception {
    ByteString text = ByteString.copyFromUtf8("not a policy");
    assertThat(ContractPolicy.of(method(text)).policy().deadline()).isEmpty();
  }

  @Test
  void whoMayCallIsReadAsItIsStated() throws Exception {
    FileDescriptor options = OptionsProto.getDescriptor();
    ByteString open = Policy.newBuilder().setPublic(true).build().toByteString();
    ByteString known = Policy.newBuilder().setPublic(false).build().toByteString();
    assertThat(ContractPolicy.of(method(open, options)).policy().publicAccess()).contains(true);
    assertThat(ContractPolicy.of(method(known, options)).policy().publicAccess()).contains(false);
    assertThat(ContractPolicy.of(method(THREE_SECONDS, options)).policy().publicAccess()).isEmpty();
  }

  private static final ByteString BOUNDED =
      Policy.newBuilder()
          .setLive(
              Live.newBuilder()
                  .setDeadline(times("50ms", "5s"))
                  .setIdleTimeout(times("50ms", "5s"))
                  .setRetry(
                      LiveRetry.newBuilder()
                          .setAttempts(numbers(3, 4))
                          .setPerAttempt(times("50ms", "5s")))
                  .setHedging(
                      LiveHedging.newBuilder()
                          .setAttempts(numbers(3, 4))
                          .setDelay(times("50ms", "5s")))
                  .setMaxRequestBytes(numbers(3, 4))
                  .setMaxResponseBytes(numbers(3, 4)))
          .build()
          .toByteString();

  private static TimeBounds times(String min, String max) {
    return TimeBounds.newBuilder().setMin(min).setMax(max).build();
  }

  private static NumberBounds numbers(int min, int max) {
    return NumberBounds.newBuilder().setMin(min).setMax(max).build();
  }

  private static void outside(LiveBounds bounds, MethodPolicy policy, String says) {
    assertThatThrownBy(() -> policy.checkBounds(bounds))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shop.S/A cannot have the live policy " + says);
  }

  private static void checkTimes(
      LiveBounds bounds, String field, String option, Function<Duration, MethodPolicy> policy) {
    String allowed =
        ": its contract test.proto allows 50ms to 5s (live."
            + option
            + "); keep to that, or change the contract";
    outside(bounds, policy.apply(Duration.ofMillis(49)), field + " 49ms" + allowed);
    outside(bounds, policy.apply(Duration.ofMillis(5001)), field + " 5.001s" + allowed);
    policy.apply(Duration.ofMillis(50)).checkBounds(bounds);
    policy.apply(Duration.ofSeconds(5)).checkBounds(bounds);
  }

  private static void checkNumbers(
      LiveBounds bounds, String field, String option, Function<Integer, MethodPolicy> policy) {
    String allowed =
        ": its contract test.proto allows 3 to 4 (live."
            + option
            + "); keep to that, or change the contract";
    outside(bounds, policy.apply(2), field + " 2" + allowed);
    outside(bounds, policy.apply(5), field + " 5" + allowed);
    policy.apply(3).checkBounds(bounds);
    policy.apply(4).checkBounds(bounds);
  }

  @Test
  void everyBoundOfTheContractHoldsForLivePolicies() throws Exception {
    LiveBounds bounds = ContractPolicy.liveBounds(method(BOUNDED, OptionsProto.getDescriptor()));
    Duration delay = Duration.ofSeconds(1);
    checkTimes(
        bounds, "deadline", "deadline", time -> MethodPolicy.builder().deadline(time).build());
    checkTimes(
        bounds,
        "idleTimeout",
        "idle_timeout",
        time -> MethodPolicy.builder().idleTimeout(time).build());
    checkTimes(
        bounds,
        "retry.perAttempt",
        "retry.per_attempt",
        time ->
            MethodPolicy.builder()
                .retry(RetryPolicy.builder().attempts(3).perAttempt(time).build())
                .build());
    checkTimes(
        bounds,
        "hedging.delay",
        "hedging.delay",
        time ->
            MethodPolicy.builder()
                .hedging(HedgingPolicy.builder().attempts(3).delay(time).build())
                .build());
    checkNumbers(
        bounds,
        "retry.attempts",
        "retry.attempts",
        count ->
            MethodPolicy.builder().retry(RetryPolicy.builder().attempts(count).build()).build());
    checkNumbers(
        bounds,
        "hedging.attempts",
        "hedging.attempts",
        count ->
            MethodPolicy.builder()
                .hedging(HedgingPolicy.builder().attempts(count).delay(delay).build())
                .build());
    checkNumbers(
        bounds,
        "maxRequestBytes",
        "max_request_bytes",
        bytes -> MethodPolicy.builder().maxRequestBytes(bytes).build());
    checkNumbers(
        bounds,
        "maxResponseBytes",
        "max_response_bytes",
        bytes -> MethodPolicy.builder().maxResponseBytes(bytes).build());
  }

  @Test
  void aContractWithoutBoundsAllowsEverything() throws Exception {
    FileDescriptor options = OptionsProto.getDescriptor();
    MethodPolicy anything = MethodPolicy.builder().deadline(Duration.ofDays(100_000)).build();
    anything.checkBounds(ContractPolicy.liveBounds(method(THREE_SECONDS, options)));
    // Of another project, with our number.
    anything.checkBounds(ContractPolicy.liveBounds(method(BOUNDED)));
  }

  @Test
  void aLivePolicyOutsideOfTheBoundsIsRefusedAndTheOneBeforeStays() throws Exception {
    MethodDescriptor<?, ?> method = method(BOUNDED, OptionsProto.getDescriptor());
    MutablePolicySource live = new MutablePolicySource();
    try (LogCapture log = LogCapture.of("io.fairlead.client.internal");
        RpcChannel channel =
            RpcChannel.to("127.0.0.1:1")
                .service(ServiceDescriptor.newBuilder("shop.S").addMethod(method).build())
                .livePolicies(live)
                .build()) {
      live.set("shop.S", MethodPolicy.builder().deadline(Duration.ofSeconds(2)).build());
      live.set("shop.S/A", MethodPolicy.builder().deadline(Duration.ofSeconds(9)).build());
      assertThat(
              Objects.requireNonNull(channel.policies().get("shop.S/A"))
                  .describe(PolicyField.DEADLINE))
          .isEqualTo("deadline 2s (live override)");
      assertThat(
              log.with(
                  "new live policies are not taken, and those before stay in force: shop.S/A cannot"
                      + " have the live policy deadline 9s: its contract test.proto allows 50ms to"
                      + " 5s"))
          .hasSize(1);
    }
  }

  /** A stock method whose options have our number, in a file with those imports. */
  private static MethodDescriptor<InputStream, InputStream> method(
      ByteString option, FileDescriptor... imports) throws Exception {
    UnknownFieldSet options =
        UnknownFieldSet.newBuilder()
            .addField(
                OptionsProto.METHOD_FIELD_NUMBER,
                UnknownFieldSet.Field.newBuilder().addLengthDelimited(option).build())
            .build();
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder()
            .setName("test.proto")
            .setPackage("shop")
            .addMessageType(DescriptorProto.newBuilder().setName("Q"))
            .addService(
                ServiceDescriptorProto.newBuilder()
                    .setName("S")
                    .addMethod(
                        MethodDescriptorProto.newBuilder()
                            .setName("A")
                            .setInputType(".shop.Q")
                            .setOutputType(".shop.Q")
                            .setOptions(MethodOptions.newBuilder().setUnknownFields(options))));
    for (FileDescriptor each : imports) {
      file.addDependency(each.getName());
    }
    Descriptors.MethodDescriptor schema =
        FileDescriptor.buildFrom(file.build(), imports).getServices().get(0).getMethods().get(0);
    return MethodDescriptor.<InputStream, InputStream>newBuilder(new Bytes(), new Bytes())
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName("shop.S/A")
        .setSchemaDescriptor(new Schema(schema))
        .build();
  }

  private record Schema(Descriptors.MethodDescriptor method)
      implements ProtoMethodDescriptorSupplier {
    @Override
    public Descriptors.MethodDescriptor getMethodDescriptor() {
      return method;
    }

    @Override
    public Descriptors.ServiceDescriptor getServiceDescriptor() {
      return method.getService();
    }

    @Override
    public FileDescriptor getFileDescriptor() {
      return method.getFile();
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return new ByteArrayInputStream(new byte[0]);
    }
  }
}
