from typing import Any, Dict

from hitl_tui import BaseAgent, HumanInteractionRequest, InteractionType

class BatchInteractionAgent(BaseAgent):
    """Agent that handles multiple interactions in a batch."""
    
    def process(self, inputs: Dict[str, Any]) -> Any:
        items = inputs.get("items", [])
        
        # Process items in batches
        batch_size = 5
        batches = [items[i:i + batch_size] for i in range(0, len(items), batch_size)]
        
        batch_results = []
        
        for batch_num, batch in enumerate(batches):
            request = HumanInteractionRequest(
                thread_id=f"{self.execution_context.thread_id}_batch_{batch_num}",
                node_name=f"{self.node_name}_batch_{batch_num}",
                interaction_type=InteractionType.CHOICE,
                prompt=f"Please review batch {batch_num + 1} of {len(batches)}:",
                options=[
                    "Approve all items in batch",
                    "Review items individually", 
                    "Reject entire batch",
                    "Pause for later review"
                ],
                context={
                    "batch_number": batch_num + 1,
                    "total_batches": len(batches),
                    "batch_items": batch,
                    "items_count": len(batch)
                }
            )
            
            self.interaction_handler.display_interaction_request(request)
            batch_results.append({
                "batch_id": batch_num,
                "status": "pending_review",
                "interaction_id": str(request.id)
            })
        
        return {
            "batch_processing": "initiated",
            "total_batches": len(batches),
            "batch_results": batch_results
        }
