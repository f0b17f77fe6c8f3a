// Whoever declares endpoints speaks JSON: the codec is part of what this kit offers.
@_exported public import JSONKit
