/** From the model to text. */
@NullMarked
package io.fairlead.codegen.emit;

import org.jspecify.annotations.NullMarked;
