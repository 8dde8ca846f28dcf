package io.fairlead.contract.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.UnknownFieldSet;
import io.fairlead.options.OptionsProto;
import io.fairlead.options.Policy;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
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
