package io.fairlead.gateway.internal.json;

import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.fairlead.gateway.forms.OldForms;

/** {@link OldForms} with groups, for which no class is generated. */
final class Groups {
  private Groups() {}

  static Descriptor type() {
    FileDescriptorProto.Builder file = OldForms.getDescriptor().getFile().toProto().toBuilder();
    int index = OldForms.getDescriptor().getIndex();
    for (FieldDescriptorProto.Builder field :
        file.getMessageTypeBuilder(index).getFieldBuilderList()) {
      if (field.getName().equals("pair") || field.getName().equals("item")) {
        field.setType(FieldDescriptorProto.Type.TYPE_GROUP);
      }
    }
    try {
      return FileDescriptor.buildFrom(file.build(), new FileDescriptor[0])
          .findMessageTypeByName("OldForms");
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }
}
