package io.fairlead.cli;

import com.google.protobuf.DescriptorProtos.FeatureSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Features of editions, as they hold for one thing: what it states itself, or else what is around
 * it, or else what its syntax means.
 */
final class Features {
  private Features() {}

  /** Whether text is checked to be UTF-8. */
  static String utf8(FieldDescriptor field) {
    for (GenericDescriptor each = field; each != null; each = around(each)) {
      FeatureSet features = features(each);
      if (features.hasUtf8Validation()) {
        return features.getUtf8Validation().name();
      }
    }
    return isProto2(field.getFile()) ? "NONE" : "VERIFY";
  }

  /** Whether its JSON is checked to have no name twice, rather than being a best effort. */
  static boolean hasJson(GenericDescriptor thing) {
    for (GenericDescriptor each = thing; each != null; each = around(each)) {
      FeatureSet features = features(each);
      if (features.hasJsonFormat()) {
        return features.getJsonFormat() == FeatureSet.JsonFormat.ALLOW;
      }
    }
    return !isProto2(thing.getFile());
  }

  private static boolean isProto2(FileDescriptor file) {
    String syntax = file.toProto().getSyntax();
    return syntax.isEmpty() || syntax.equals("proto2");
  }

  /** As they are written: the descriptors give their options without. */
  private static FeatureSet features(GenericDescriptor thing) {
    if (thing instanceof FieldDescriptor field) {
      return field.toProto().getOptions().getFeatures();
    }
    if (thing instanceof Descriptor message) {
      return message.toProto().getOptions().getFeatures();
    }
    if (thing instanceof EnumDescriptor type) {
      return type.toProto().getOptions().getFeatures();
    }
    return thing.getFile().toProto().getOptions().getFeatures();
  }

  private static @Nullable GenericDescriptor around(GenericDescriptor thing) {
    if (thing instanceof FileDescriptor) {
      return null;
    }
    GenericDescriptor outer = null;
    if (thing instanceof FieldDescriptor field) {
      outer = field.isExtension() ? field.getExtensionScope() : field.getContainingType();
    } else if (thing instanceof Descriptor message) {
      outer = message.getContainingType();
    } else if (thing instanceof EnumDescriptor type) {
      outer = type.getContainingType();
    }
    return outer == null ? thing.getFile() : outer;
  }
}
