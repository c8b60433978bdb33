//! The table of `machine`.

use super::table::{Access, FieldSpec, RegisterMap, RegisterSpec, register_map};
use super::window::{ADDRESS_WIDTH, ID_VALUE, MAP_VERSION};

register_map! {
    // ---- what the machine is ---------------------------------------------------------------------

    0x00 Id "id" "Tells this machine from anything else on the bus." {
        Id "id" [31:0] Constant ID_VALUE "The letters `SPKM`, most significant byte first.";
    }
    0x04 LanesSlots "lanes_slots" "Rows and columns of the array." {
        Lanes "lanes" [15:0]  Parameter 0 "Rows of weights that the array covers at once.";
        Slots "slots" [31:16] Parameter 0 "Columns of a word of a train; of weights too, but for an array of events.";
    }
    0x08 Shape "shape" "Form of the trains and of the memories." {
        Planes     "planes"      [7:0]   Parameter 0 "Planes of a train that share one weight word.";
        Elements   "elements"    [15:8]  Parameter 0 "Elements of a vector that move in a cycle.";
        Radix      "radix"       [24:24] Parameter 0 "How the planes of a train add up."
            { 0 = "unary", 1 = "bitwise" };
        Packing    "packing"     [25:25] Parameter 0 "Code of the trits in the weight memory."
            { 0 = "two_bit", 1 = "base3" };
        MapVersion "map_version" [31:28] Constant MAP_VERSION "Version of this register map.";
    }
    0x0C Widths "widths" "Bits and digits of the values inside." {
        AccWidth        "acc_width"        [7:0]   Parameter 0
            "Bits of an accumulated current, two's complement.";
        ValueWidth      "value_width"      [15:8]  Parameter 0
            "Bits of a value of the vector unit, two's complement.";
        CountWidth      "count_width"      [23:16] Parameter 0 "Bits of a count's magnitude.";
        KeyValueDigits  "key_value_digits" [27:24] Parameter 0
            "Balanced ternary digits of a kept key or value.";
        EmbeddingDigits "embedding_digits" [31:28] Parameter 0
            "Balanced ternary digits of an embedding.";
    }
    0x10 Context "context" "Length of a text." {
        Context "context" [16:0] Parameter 0 "Positions of a text; 0: a text has no end.";
    }
    0x14 Vocabulary "vocabulary" "Number of tokens." {
        Vocabulary "vocabulary" [16:0] Parameter 0 "Token ids: 0 to vocabulary - 1.";
    }
    0x18 WeightDepth "weight_depth" "Size of the weight memory." {
        WeightDepth "weight_depth" [16:0] Parameter 0 "Words, each of lanes x slots trits.";
    }
    0x1C ProgramDepth "program_depth" "Size of the program memory." {
        ProgramDepth "program_depth" [16:0] Parameter 0 "Instructions of 352 bits.";
    }
    0x20 KeyDepth "key_depth" "Size of the key memory." {
        KeyDepth "key_depth" [16:0] Parameter 0 "Words, each of lanes x slots trits.";
    }
    0x24 ValueDepth "value_depth" "Size of the value memory." {
        ValueDepth "value_depth" [16:0] Parameter 0 "Words, each of lanes x slots trits.";
    }
    0x28 VectorDepths "vector_depths" "Size of the memory of results." {
        ResultDepth "result_depth" [31:16] Parameter 0 "Words of results, of elements values.";
    }
    0x2C OtherDepths "other_depths" "Sizes of the vector unit's own memories." {
        TemporaryDepth "temporary_depth" [15:0]  Parameter 0 "Words of temporaries, of elements values.";
        ConstantDepth  "constant_depth"  [31:16] Parameter 0 "Words of constants, of elements values.";
    }
    0x30 TrainDepths "train_depths" "Sizes of the memories of trains and scalars." {
        TrainDepth  "train_depth"  [11:0]  Parameter 0 "Words of trains, of slots counts.";
        TrainCount  "train_count"  [19:12] Parameter 0 "Trains.";
        ScalarCount "scalar_count" [31:20] Parameter 0 "Scalars.";
    }
    0x38 Fingerprint "fingerprint" "Which programs the machine is made for." {
        Fingerprint "fingerprint" [31:0] Parameter 0
            "That of the programs that run here; 0: all that the other registers allow.";
    }

    // ---- running it ------------------------------------------------------------------------------

    0x40 Control "control" "Lets tokens in, and begins a new text." {
        Run   "run"   [0:0] ReadWrite 0 "While 1, tokens are taken.";
        Clear "clear" [1:1] Pulse     0
            "Writing 1 begins a new text: position, errors and counters become 0.";
    }
    0x44 Status "status" "What the machine is doing and what went wrong; errors last until `clear`." {
        Busy           "busy"            [0:0] ReadOnly 0 "A token is under way.";
        ContextFull    "context_full"    [1:1] ReadOnly 0
            "The text has reached `context`: tokens are refused until `clear`.";
        BadCode        "bad_code"        [2:2] ReadOnly 0 "A weight word held a code that is no trit.";
        BadInstruction "bad_instruction" [3:3] ReadOnly 0 "An opcode without a meaning ended a token.";
        BadToken       "bad_token"       [4:4] ReadOnly 0 "A token beyond the vocabulary, or a vector that is none, was dropped.";
    }
    0x48 Position "position" "Where the text is." {
        Position "position" [15:0] ReadOnly 0
            "Position of the token that is under way, or comes next; `context` when the text is full.";
    }
    0x4C GenerateCount "generate_count" "Length of an answer; change it only while not busy." {
        GenerateCount "generate_count" [15:0] ReadWrite 1
            "Predictions that answer a token with `tlast`; all but the last are fed back.";
    }
    0x50 EndToken "end_token" "What ends an answer early; change it only while not busy." {
        EndToken       "end_token"        [15:0]  ReadWrite 0 "The token that ends a text.";
        EndTokenEnable "end_token_enable" [16:16] ReadWrite 0 "1: there is such a token.";
    }

    // ---- loading it, and reading what it found -----------------------------------------------------

    0x60 WeightAddress "weight_address" "Where the next weight_data goes." {
        WeightBank "bank" [15:0]  ReadWrite 0 "32-bit part of the word, 0 first.";
        WeightWord "word" [31:16] ReadWrite 0 "Word of the weight memory.";
    }
    0x64 WeightData "weight_data" "Stores packed weights; moves weight_address on, bank first." {
        WeightData "weight_data" [31:0] WriteOnly 0 "32 bits of a packed weight word.";
    }
    0x68 ProgramAddress "program_address" "Where the next program_data goes." {
        ProgramPart "part"        [15:0]  ReadWrite 0 "32-bit part of the instruction, lowest bits first.";
        ProgramWord "instruction" [31:16] ReadWrite 0 "Place in the program.";
    }
    0x6C ProgramData "program_data" "Stores the program; moves program_address on, part first." {
        ProgramData "program_data" [31:0] WriteOnly 0 "32 bits of an instruction.";
    }
    0x70 ConstantAddress "constant_address" "Where the next constant_data goes." {
        ConstantElement "element" [15:0]  ReadWrite 0 "Element of the word, 0 first.";
        ConstantWord    "word"    [31:16] ReadWrite 0 "Word of the constant memory.";
    }
    0x74 ConstantData "constant_data" "Stores a constant; moves constant_address on, element first." {
        ConstantData "constant_data" [31:0] WriteOnly 0
            "A value, two's complement; bits above value_width are ignored.";
    }
    0x78 ResultAddress "result_address" "What the next result_data reads." {
        ResultElement "element" [15:0]  ReadWrite 0 "Element of the word, 0 first.";
        ResultWord    "word"    [31:16] ReadWrite 0 "Word of the result memory.";
    }
    0x7C ResultData "result_data" "Reads a result; the read moves result_address on, element first." {
        ResultData "result_data" [31:0] ReadOnly 0
            "A value, its sign in all bits above value_width; only while not busy.";
    }
    0x80 ScalarAddress "scalar_address" "What `scalar` reads." {
        ScalarIndex "scalar_index" [7:0] ReadWrite 0 "Number of the scalar.";
    }
    0x84 Scalar "scalar" "A scalar of the vector unit; only while not busy." {
        ScalarMantissa "mantissa" [15:0]  ReadOnly 0 "Its factor.";
        ScalarShift    "shift"    [21:16] ReadOnly 0 "Its right shift.";
        ScalarExponent "exponent" [31:24] ReadOnly 0 "Its exponent f, two's complement: unit 2^-f.";
    }

    // ---- watching it: counters that stay at 2^32 - 1 -----------------------------------------------

    0xA0 Cycles "cycles" "Time under way." {
        Cycles "cycles" [31:0] ReadOnly 0 "Cycles in which a token was under way.";
    }
    0xA4 Tokens "tokens" "Work done." {
        Tokens "tokens" [31:0] ReadOnly 0 "Tokens that have run, those fed back among them.";
    }
    0xA8 Instructions "instructions" "Work done." {
        Instructions "instructions" [31:0] ReadOnly 0 "Instructions that were issued.";
    }
    0xAC ArrayCycles "array_cycles" "Useful time of the array." {
        ArrayCycles "array_cycles" [31:0] ReadOnly 0 "Cycles in which the array took an entry.";
    }
    0xB0 VectorCycles "vector_cycles" "Useful time of the vector unit." {
        VectorCycles "vector_cycles" [31:0] ReadOnly 0 "Cycles in which the vector unit was busy.";
    }
    0xB4 DrainWaits "drain_waits" "Time lost in the matrix unit." {
        DrainWaits "drain_waits" [31:0] ReadOnly 0
            "Cycles in which the array waited for results to drain.";
    }
    0xB8 MatrixWaits "matrix_waits" "Time lost to dependences." {
        MatrixWaits "matrix_waits" [31:0] ReadOnly 0
            "Cycles in which an instruction waited for results of the matrix unit.";
    }
    0xBC VectorWaits "vector_waits" "Time lost to dependences." {
        VectorWaits "vector_waits" [31:0] ReadOnly 0
            "Cycles in which an instruction waited for results of the vector unit.";
    }
    0xC0 UnitWaits "unit_waits" "Time in which a unit had enough to do." {
        UnitWaits "unit_waits" [31:0] ReadOnly 0
            "Cycles in which an instruction waited for the station of its unit.";
    }
    0xC4 Saturations "saturations" "How often results saturated." {
        Saturations "saturations" [31:0] ReadOnly 0
            "Words of results in which a value was limited to value_width bits.";
    }
}
