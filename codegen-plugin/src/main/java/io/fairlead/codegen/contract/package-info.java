/** From descriptors to the model; every refusal is decided here. */
@NullMarked
package io.fairlead.codegen.contract;

import org.jspecify.annotations.NullMarked;
