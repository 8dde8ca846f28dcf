package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.UnknownFieldSet;
import io.fairlead.gateway.internal.call.CallRuntime;
import io.fairlead.gateway.internal.call.ServedMethod;
import io.fairlead.gateway.internal.call.ServedMethods;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.fairlead.testkit.ManualClock;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Contracts of other processes may hold options that are no option: the rest has to go on. */
class UnreadableOptionsTest {
  private static final int HTTP = 72_295_728;
  private static final int FIELD_BEHAVIOR = 1052;
  private static final int METHOD_POLICY = io.fairlead.options.OptionsProto.method.getNumber();

  private static UnknownFieldSet broken(int number) {
    ByteString bytes = ByteString.copyFrom(new byte[] {10, (byte) 0xff});
    return UnknownFieldSet.newBuilder()
        .addField(number, UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build())
        .build();
  }

  private static MethodDescriptorProto method(String name, int... brokenOptions) {
    MethodOptions.Builder options = MethodOptions.newBuilder();
    for (int each : brokenOptions) {
      options.mergeUnknownFields(broken(each));
    }
    return MethodDescriptorProto.newBuilder()
        .setName(name)
        .setInputType(".a.M")
        .setOutputType(".a.M")
        .setOptions(options)
        .build();
  }

  private static List<ServedMethod> served(MethodDescriptorProto... methods)
      throws DescriptorValidationException {
    ServiceDescriptor service =
        FileDescriptor.buildFrom(
                FileDescriptorProto.newBuilder()
                    .setName("a.proto")
                    .setPackage("a")
                    .addMessageType(
                        DescriptorProto.newBuilder()
                            .setName("M")
                            .addField(
                                FieldDescriptorProto.newBuilder()
                                    .setName("text")
                                    .setNumber(1)
                                    .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                                    .setType(FieldDescriptorProto.Type.TYPE_STRING)
                                    .setOptions(
                                        FieldOptions.newBuilder()
                                            .setUnknownFields(broken(FIELD_BEHAVIOR)))))
                    .addService(
                        ServiceDescriptorProto.newBuilder()
                            .setName("S")
                            .addAllMethod(List.of(methods)))
                    .build(),
                new FileDescriptor[0])
            .findServiceByName("S");
    return service.getMethods().stream()
        .map(each -> new ServedMethod(definition("a.S/" + each.getName()), each))
        .toList();
  }

  private static ServerMethodDefinition<byte[], byte[]> definition(String name) {
    MethodDescriptor.Marshaller<byte[]> none =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public java.io.InputStream stream(byte[] value) {
            return java.io.InputStream.nullInputStream();
          }

          @Override
          public byte[] parse(java.io.InputStream stream) {
            return new byte[0];
          }
        };
    return ServerMethodDefinition.create(
        MethodDescriptor.newBuilder(none, none)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(name)
            .build(),
        (call, headers) -> {
          throw new IllegalStateException("not called");
        });
  }

  @Test
  void aRouteThatCannotBeReadLeavesAllOthersInForce() throws Exception {
    List<String> refused = new ArrayList<>();
    RouteTable routes =
        new RouteTable(
            served(method("Broken", HTTP), method("Right")),
            mistake -> refused.add(mistake.getMessage()));
    assertThat(routes.all()).isEmpty();
    assertThat(refused).containsExactly("the options of a.S/Broken cannot be read");
  }

  @Test
  void theDocumentHasEveryMethodThatCanBeRead() throws Exception {
    String document =
        new String(
            OpenApiDocument.write(
                served(method("Broken", METHOD_POLICY), method("Right")), List.of()),
            UTF_8);
    assertThat(document).contains("/a.S/Right", "\"text\"").doesNotContain("/a.S/Broken");
  }

  @Test
  void theDocumentOfOneContractIsMadeOnce() {
    RestProtocol rest =
        new RestProtocol(
            new ServedMethods(List.of()),
            new JsonCodec(TypeRegistry.getEmptyTypeRegistry()),
            new CallRuntime(List.of(), ManualClock.create().scheduler(), 1, ""),
            mistake -> {
              throw mistake;
            });
    assertThat(rest.openApi()).isSameAs(rest.openApi());
  }
}
